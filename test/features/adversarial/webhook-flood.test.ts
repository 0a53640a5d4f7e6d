import { type ChildProcess, fork } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { type Authority, createAuthority } from '../../../tools/cluster/authority.ts';
import { makeAdmittedPod, makePodRequest } from '../../support/injector/injection.ts';
import type { Flood } from '../../support/attacks/webhook-flood-process.ts';
import { letPass } from '../../support/time/let-pass.ts';

jest.setTimeout(60_000);

const mebibyte = 1024 * 1024;
const apiServer = '127.0.0.1';
/** The API server waits for ten seconds. */
const answerMs = 5_000;
/** An honest client on a busy machine may take as long between a handshake and its request. */
const pauseMs = 200;
let authority: Authority;
let directory: string;
let caFile: string;
let server: ChildProcess;
let port: number;

// A server for each: where one is taken from others, the next case would begin with its end.
beforeEach(async () => {
  authority = await createAuthority('webhook floods');
  directory = await mkdtemp(join(tmpdir(), 'weft-webhook-flood-'));
  const pair = await authority.issue({ commonName: 'webhook', addresses: [apiServer] });
  const keep = async (name: string, text: string): Promise<string> => {
    const file = join(directory, name);
    await writeFile(file, text, { mode: 0o600 });
    return file;
  };
  caFile = await keep('ca.pem', authority.certificate);
  const files = [await keep('chain.pem', pair.certificate), await keep('key.pem', pair.key)];
  // As the image starts it: images/weft/Dockerfile.
  const execArgv = ['--max-semi-space-size=4', '--heap-growing-percent=26'];
  const env = { ...process.env, MALLOC_ARENA_MAX: '1', MALLOC_MMAP_THRESHOLD_: '16384' };
  server = fork(join(import.meta.dirname, '../../support/attacks/webhook-process.ts'), files, {
    execArgv,
    env,
  });
  server.once('exit', (code, signal) => {
    if (code !== 0) process.stderr.write(`the server ended: ${code ?? signal}\n`);
  });
  ({ port } = await nextMessage<{ port: number }>());
});

afterEach(async () => {
  server.disconnect();
  await rm(directory, { recursive: true, force: true });
});

function nextMessage<T>(): Promise<T> {
  return new Promise((resolve) => server.once('message', (message) => resolve(message as T)));
}

/** The server's memory, and the 99th percentile of what a turn of its event loop took, since it began. */
interface Load {
  readonly rss: number;
  readonly lagMs: number;
}

function load(): Promise<Load> {
  const answer = nextMessage<Load>();
  server.send('load');
  return answer;
}

/** A pod is admitted with its sidecar; rejects when the connection is refused. */
function admitPod(): Promise<void> {
  const review = {
    apiVersion: 'admission.k8s.io/v1',
    kind: 'AdmissionReview',
    request: { ...makePodRequest(makeAdmittedPod()) },
  };
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json' };
    const where = { host: apiServer, port, path: '/mutate', method: 'POST' };
    const options = { ...where, ca: authority.certificate, agent: false, headers };
    const sent = request(options, (response) => {
      response.resume().once('end', resolve);
      if (response.statusCode !== 200) reject(new Error(`status ${response.statusCode}`));
    });
    sent.once('error', reject);
    sent.setTimeout(answerMs, () => sent.destroy(new Error('no answer in time')));
    setTimeout(() => sent.end(JSON.stringify(review)), pauseMs);
  });
}

type Attack = Omit<Flood, 'port' | 'caFile'>;

/** Floods for six seconds and admits pods at the same time; returns by how much the server grew. */
async function under(floods: readonly Attack[], atOnce = 1): Promise<Load> {
  await admitPod();
  const before = await load();
  const attackers = floods.map((flood) => {
    const nextMessage = JSON.stringify({ ...flood, port, caFile } satisfies Flood);
    return fork(
      join(import.meta.dirname, '../../support/attacks/webhook-flood-process.ts'),
      [nextMessage],
      { execArgv: [] },
    );
  });
  const loads: Load[] = [];
  try {
    for (const until = Date.now() + 6_000; Date.now() < until;) {
      await Promise.all(Array.from({ length: atOnce }, admitPod));
      await letPass(100, 'the pace of admissions');
      loads.push(await load());
    }
  } finally {
    for (const attacker of attackers) attacker.disconnect();
  }
  return {
    rss: Math.max(...loads.map(({ rss }) => rss)) - before.rss,
    lagMs: loads.at(-1)?.lagMs ?? 0,
  };
}

const nothing = 'GET /x HTTP/1.1\r\nhost: a\r\n\r\n';
const announced = 'content-length: 3100000\r\n\r\n';
const post = (path: string): string =>
  `POST ${path} HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\n`;
const chunked = 'transfer-encoding: chunked\r\n\r\n300000\r\n';
const eight = [2, 3, 4, 5, 6, 7, 8, 9];

describe('S3: many connections to the webhooks from a pod without any credential', () => {
  it.each<[string, Attack]>([
    [
      'over a thousand kept alive by a request for nothing',
      { count: 1_200, hosts: [2], head: nothing, body: 'none' },
    ],
    ['connections without a request', { count: 1_200, hosts: [2], head: '', body: 'none' }],
    [
      'bodies of 3 MiB for a path that is not served',
      { count: 100, hosts: [2], head: post('/nowhere') + announced, body: 'large' },
    ],
    [
      'bodies without a length',
      { count: 100, hosts: [2], head: `${post('/mutate')}${chunked}`, body: 'large' },
    ],
    [
      'bodies of 3 MiB that never end',
      { count: 100, hosts: [2], head: post('/mutate') + announced, body: 'large' },
    ],
    [
      'the same from eight addresses',
      { count: 100, hosts: eight, head: post('/mutate') + announced, body: 'large' },
    ],
    [
      'headers that arrive byte by byte',
      { count: 20, hosts: [2], head: `${post('/mutate')}x-a: `, body: 'tiny' },
    ],
    [
      'bodies that arrive byte by byte',
      { count: 20, hosts: [2], head: post('/mutate') + announced, body: 'tiny' },
    ],
  ])('%s: pods are admitted, memory and the event loop are bounded', async (_, flood) => {
    const { rss, lagMs } = await under([flood]);
    process.stderr.write(`+${Math.round(rss / mebibyte)} MB, ${Math.round(lagMs)} ms: ${_}\n`);
    expect(Math.round(rss / mebibyte)).toBeLessThanOrEqual(64);
    expect(Math.round(lagMs)).toBeLessThanOrEqual(50);
  });
});

/** Addresses of 700 hosts, none of which is the API server's. */
const many = Array.from({ length: 700 }, (_, host) => 0x100 + host);
const crowd = Array.from({ length: 2_000 }, (_, host) => 0x100 + host);
const own = [1];
const largest = `content-length: ${3 * mebibyte}\r\n\r\n`;

describe('connections and bodies that have the address of the API server, or hundreds of addresses', () => {
  it.each<[string, Attack]>([
    [
      'H3: bodies of 3 MiB that send a byte, from the address of the API server',
      { count: 24, hosts: own, head: post('/mutate') + largest, body: 'one' },
    ],
    [
      'H3: as many connections as there may be, from the address of the API server',
      { count: 700, hosts: own, head: '', body: 'none' },
    ],
    [
      'H3: as many small bodies, from the address of the API server',
      {
        ...{ count: 400, hosts: own, body: 'one' },
        head: `${post('/mutate')}content-length: 30000\r\n\r\n`,
      },
    ],
    [
      'H4: a connection without TLS from each of 700 addresses',
      { count: 700, hosts: many, tls: false, head: '', body: 'none' },
    ],
    [
      'H4: what is no TLS, 3 MiB from each of 700 addresses',
      { count: 700, hosts: many, tls: false, head: '', body: 'large' },
    ],
    [
      'H4: a connection without a request from each of 700 addresses',
      { count: 700, hosts: many, head: '', body: 'none' },
    ],
    [
      'H4: a body without an end from each of 700 addresses',
      { count: 700, hosts: many, head: post('/mutate') + announced, body: 'one' },
    ],
    [
      'H4: a connection that leaves before its time is over from each of 700 addresses',
      { count: 700, hosts: many, head: '', body: 'none', staysMs: 90 },
    ],
    [
      'H4: a connection without a request from each of 2,000 addresses',
      { count: 2_000, hosts: crowd, head: '', body: 'none' },
    ],
    [
      'H4: a connection that leaves before its time is over from each of 2,000 addresses',
      { count: 2_000, hosts: crowd, head: '', body: 'none', staysMs: 90 },
    ],
  ])('%s: pods are admitted, memory is bounded', async (_, flood) => {
    const { rss, lagMs } = await under([flood], 16);
    process.stderr.write(`+${Math.round(rss / mebibyte)} MB, ${Math.round(lagMs)} ms: ${_}\n`);
    expect(Math.round(rss / mebibyte)).toBeLessThanOrEqual(64);
  });
});

/** A request that the webhook answers with 200, after which its connection counts as proven. */
const body = JSON.stringify({
  ...{ apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview' },
  request: { ...makePodRequest(makeAdmittedPod()) },
});
const review = `${post('/mutate')}content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;

describe('connections that keep each other from their places', () => {
  it.each<[string, readonly Attack[]]>([
    [
      'as many idle as there may be, each proven by a review, and others that only greet',
      [
        { count: 400, hosts: eight, head: review, body: 'none' },
        { count: 60, hosts: many.slice(0, 60), head: '', body: 'none' },
      ],
    ],
    [
      'reviews without an end, the next always begun',
      [{ count: 400, hosts: eight, head: review, body: 'pipeline' }],
    ],
    [
      '2,400 without a word, from the address of the API server',
      [{ count: 2_400, hosts: own, tls: false, head: '', body: 'none' }],
    ],
    [
      '2,600 without a word, from 700 addresses',
      [{ count: 2_600, hosts: many, tls: false, head: '', body: 'none' }],
    ],
  ])('%s: pods are admitted, memory is bounded', async (_, floods) => {
    const { rss, lagMs } = await under(floods, 16);
    process.stderr.write(`+${Math.round(rss / mebibyte)} MB, ${Math.round(lagMs)} ms: ${_}\n`);
    expect(Math.round(rss / mebibyte)).toBeLessThanOrEqual(64);
  });
});
