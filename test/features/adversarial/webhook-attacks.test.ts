import { request } from 'node:https';
import { connect as connectPlain, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import fc from 'fast-check';
import { answerCall } from '../../../src/admission/exchange.ts';
import { createAdmissionServer } from '../../../src/admission/server.ts';
import type { AdmissionHandler } from '../../../src/api/admission.ts';
import { silentLogger } from '../../../src/common/logger.ts';
import { Secret } from '../../../src/common/secret.ts';
import { validatePolicy } from '../../../src/mesh/validate-policy.ts';
import { type Authority, createAuthority } from '../../../tools/cluster/authority.ts';
import {
  makeAdmittedPod,
  injectionHandler,
  makeFacts,
  makePodRequest,
} from '../../support/injector/injection.ts';
import { brokenObject, runs } from '../../support/attacks/odd-objects.ts';

jest.setTimeout(30_000);

let authority: Authority;
let port: number;
let stop: () => Promise<void>;
const sockets: Socket[] = [];
const handlers: readonly (readonly [string, AdmissionHandler])[] = [
  ['/mutate', injectionHandler(() => makeFacts())],
  ['/validate', validatePolicy],
];

beforeAll(async () => {
  authority = await createAuthority('webhook attacks');
  const pair = await authority.issue({ commonName: 'webhook', addresses: ['127.0.0.1'] });
  const server = createAdmissionServer({
    routes: new Map(handlers),
    certificate: {
      current: () => ({ chain: pair.certificate, key: new Secret(pair.key) }),
      onChange: () => () => undefined,
    },
    log: silentLogger,
    port: 0,
    host: '127.0.0.1',
    requestTimeout: 1_000,
  });
  const control = new AbortController();
  const running = server.run(control.signal);
  port = await server.listening;
  stop = async () => {
    control.abort();
    await running;
  };
});

afterAll(async () => {
  for (const socket of sockets) socket.destroy();
  await stop();
});

interface Answer {
  readonly status: number;
  readonly body: string;
}

function post(path: string, body: string | Buffer): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json' };
    const where = { host: '127.0.0.1', port, path, method: 'POST', ca: authority.certificate };
    const sent = request({ ...where, agent: false, headers }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (part: string) => (text += part));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body: text }));
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

function reviewOf(request: object): string {
  return JSON.stringify({
    apiVersion: 'admission.k8s.io/v1',
    kind: 'AdmissionReview',
    request: { uid: 'u-1', operation: 'CREATE', ...request },
  });
}

/** A pod is admitted with its sidecar at once, whatever others do. */
async function othersAreServed(): Promise<void> {
  const began = performance.now();
  const { status, body } = await post('/mutate', reviewOf(makePodRequest(makeAdmittedPod())));
  expect(status).toBe(200);
  expect(body).toContain('"patchType":"JSONPatch"');
  expect(performance.now() - began).toBeLessThan(5_000);
}

describe('the webhook port, unauthenticated crash and denial of service (CVE-2022-24726)', () => {
  const deep = (levels: number): string => `${'['.repeat(levels)}${']'.repeat(levels)}`;
  const group = '{"group":"specs.smi-spec.io","version":"v1alpha4","kind":"HTTPRouteGroup"}';
  const pod = '{"group":"","version":"v1","kind":"Pod"}';
  const nested = (kind: string, field: string): string =>
    `{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","request":{"uid":"u","operation":"CREATE",` +
    `"namespace":"shop","kind":${kind},"object":{"metadata":{"name":"a"},${field}},"oldObject":{"metadata":{"name":"a"},${field}}}}`;

  it.each([
    ['noise', Buffer.from('ffffffff', 'hex')],
    ['a million brackets', deep(1_000_000)],
    ['a deep HTTPRouteGroup', nested(group, `"spec":{"matches":${deep(100_000)}}`)],
    ['deep headers', nested(group, `"spec":{"matches":[{"name":"a","headers":${deep(9_000)}}]}`)],
    ['a deep pod', nested(pod, `"spec":{"containers":${deep(100_000)}}`)],
    ['a pod of nulls', nested(pod, '"spec":{"containers":[null,{"ports":null}],"volumes":[null]}')],
    ['a body over the limit', Buffer.alloc(4 * 1024 * 1024, 0x20)],
  ])('answers %s with an error or a refusal, and others as ever', async (_, body) => {
    for (const [path] of handlers) {
      const answer = await post(path, body).catch(() => ({ status: 400, body: '' }));
      const admitted = /"allowed":true/.test(answer.body) && /"patch"/.test(answer.body);
      expect(admitted).toBe(false);
    }
    await othersAreServed();
  });

  it('closes connections that send a byte now and then, and serves others at the same time', async () => {
    const loris = Array.from({ length: 40 }, async () => {
      const options = { host: '127.0.0.1', port, ca: authority.certificate };
      const socket = connectTls(options, () =>
        socket.write('POST /mutate HTTP/1.1\r\nHost: x\r\n'),
      );
      sockets.push(socket);
      const drip = setInterval(() => socket.write('a'), 200);
      socket.resume().on('error', () => undefined);
      await new Promise((resolve) => socket.once('close', resolve));
      clearInterval(drip);
    });
    await othersAreServed();
    await Promise.all(loris);
  }, 20_000);

  it('answers plaintext with nothing but a TLS alert', async () => {
    const socket = connectPlain({ host: '127.0.0.1', port }, () => {
      socket.write('POST /mutate HTTP/1.1\r\nHost: x\r\n\r\n');
    });
    sockets.push(socket);
    const parts: Buffer[] = [];
    socket.on('data', (part) => parts.push(part)).on('error', () => undefined);
    await new Promise((resolve) => socket.once('close', resolve));
    expect(Buffer.concat(parts).toString('latin1')).not.toContain('HTTP');
    await othersAreServed();
  });
});

describe('admission of objects of any shape', () => {
  it('is a verdict, and the validator has one without failing', () => {
    fc.assert(
      fc.property(brokenObject, (object) => {
        const kind = { group: '', version: 'v1', kind: object.kind };
        const request = { uid: 'u', kind, operation: 'CREATE', namespace: 'shop', object };
        expect(typeof validatePolicy(request).allowed).toBe('boolean');
        const body = Buffer.from(reviewOf(request));
        const call = { method: 'POST', target: '/mutate', contentType: 'application/json', body };
        const { response } = JSON.parse(answerCall(new Map(handlers), call, silentLogger).body) as {
          response: { uid: string; allowed: unknown };
        };
        expect(typeof response.allowed).toBe('boolean');
      }),
      runs(500),
    );
  });
});
