import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { request } from 'node:https';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { KubernetesObject } from '../../../src/api/core.ts';
import { policyKinds } from '../../../src/api/policy-kinds.ts';
import { monitoredBy } from '../../../src/api/labels.ts';
import type { PolicyObject } from '../../../src/status/kept-status.ts';
import { freePort } from '../../../tools/base/probe.ts';
import { makeRouteGroup } from '../../support/builders/make-policy.ts';
import {
  type ReplicaRig,
  startReplicaRig,
} from '../../support/control-plane/replicas-on-api-server.ts';
import type { Load } from '../../support/attacks/bulk-objects-process.ts';
import { letPass } from '../../support/time/let-pass.ts';
import { until } from '../../support/time/until.ts';

jest.setTimeout(180_000);

const mebibyte = 1024 * 1024;
const mayTakeMb = 64;
const mayDelayMs = 50;
/** Half of what the API server waits for a webhook. */
const checkedWithinMs = 5_000;
const bulk = 'bulk';
const count = 40;

type Matches = readonly Readonly<Record<string, unknown>>[];
const many = <T>(length: number, of: (index: number) => T): T[] =>
  Array.from({ length }, (_, index) => of(index));

/** Each is one object of some 800 KB. The first is as the definitions let it be; the others were stored before them. */
const shapes: Readonly<Record<string, () => Matches>> = {
  maps: () =>
    many(2_000, (at) => ({ name: `m${at}`, headers: many(35, (of) => ({ [`h${of}`]: 'x' })) })),
  headers: () => [
    { name: 'a', headers: Object.fromEntries(many(70_000, (at) => [`h${at}`, 'x'])) },
  ],
  methods: () => [{ name: 'a', methods: many(130_000, () => 'GET') }],
  matches: () => many(30_000, (at) => ({ name: `m${at}`, pathRegex: '/' })),
};

const shaped = Object.values(shapes);
let rig: ReplicaRig;
let ports: Readonly<Record<'xds' | 'replicas' | 'webhook' | 'health' | 'metrics', number>>;
let plane: ChildProcess;

beforeAll(async () => {
  rig = await startReplicaRig();
  const [xds = 0, replicas = 0, webhook = 0, health = 0, metrics = 0] = await Promise.all(
    many(5, () => freePort()),
  );
  ports = { xds, replicas, webhook, health, metrics };
  await rig.apply(
    JSON.stringify({
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: bulk, labels: { [monitoredBy]: 'osm', 'openservicemesh.io/ignore': '' } },
    }),
  );
  await loosenSchema();
});

afterAll(async () => {
  plane.disconnect();
  await rig.stop();
});

/** As a definition of before: without bounds. */
async function loosenSchema(): Promise<void> {
  const spec = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };
  const path = '/spec/versions/0/schema/openAPIV3Schema/properties/spec';
  const patch = JSON.stringify([{ op: 'replace', path, value: spec }]);
  await rig.kubectl(
    'patch',
    'crd',
    'httproutegroups.specs.smi-spec.io',
    '--type=json',
    '-p',
    patch,
  );
}

function write(name: string, matches: Matches, namespace = bulk): Promise<KubernetesObject> {
  const { apiVersion, kind } = makeRouteGroup();
  const object = { apiVersion, kind, metadata: { name, namespace }, spec: { matches } };
  return rig.admin.create(policyKinds.HTTPRouteGroup, object, rig.signal);
}

/** As the image starts it. */
async function start(): Promise<void> {
  const file = join(import.meta.dirname, '../../support/attacks/bulk-objects-process.ts');
  const execArgv = ['--max-semi-space-size=4', '--heap-growing-percent=26'];
  const env = { ...process.env, MALLOC_ARENA_MAX: '1', MALLOC_MMAP_THRESHOLD_: '16384' };
  const kubeconfig = rig.server.kubeconfigPath;
  plane = fork(file, [JSON.stringify({ kubeconfig, ports })], { execArgv, env });
  await until(isReady, { what: 'a control plane that is ready', withinMs: 60_000 });
}

async function isReady(): Promise<boolean> {
  return fetch(`http://127.0.0.1:${ports.health}/readyz`).then(
    ({ ok }) => ok,
    () => false,
  );
}

async function load(): Promise<Load> {
  if (plane.exitCode !== null || plane.signalCode !== null) throw new Error('it has ended');
  plane.send('load');
  const signal = AbortSignal.timeout(20_000);
  const [load] = (await once(plane, 'message', { signal })) as [Load];
  return load;
}

/** Milliseconds until the webhook has checked an object of another namespace. */
async function checkMs(): Promise<number> {
  const object = makeRouteGroup({ namespace: 'shop' });
  const review = {
    apiVersion: 'admission.k8s.io/v1',
    kind: 'AdmissionReview',
    request: {
      ...{ uid: 'u', operation: 'CREATE', namespace: 'shop', name: object.metadata.name, object },
      kind: { group: 'specs.smi-spec.io', version: 'v1alpha4', kind: 'HTTPRouteGroup' },
    },
  };
  const began = performance.now();
  await new Promise<void>((resolve, reject) => {
    const headers = { 'content-type': 'application/json' };
    const where = { host: '127.0.0.1', port: ports.webhook, path: '/validate', method: 'POST' };
    // Whose certificate it is does not matter here.
    const sent = request({ ...where, headers, rejectUnauthorized: false }, (response) => {
      response.resume().once('end', resolve);
      if (response.statusCode !== 200) reject(new Error(`status ${response.statusCode}`));
    });
    sent.once('error', reject);
    sent.end(JSON.stringify(review));
  });
  return performance.now() - began;
}

interface Seen {
  readonly mb: number;
  /** 99 of 100 turns of the event loop took less, in milliseconds of its own work. */
  readonly p99: number;
  readonly longestMs: number;
  readonly checkedMs: number;
}

/** The most of everything that is seen until `over` says so, at least for two seconds. */
async function watch(over: () => Promise<boolean>): Promise<Seen> {
  let [mb, checkedMs] = [0, 0];
  const turns: number[] = [];
  const least = Date.now() + 2_000;
  for (let done = false; !done || Date.now() < least;) {
    checkedMs = Math.max(checkedMs, await checkMs());
    const seen = await load();
    mb = Math.max(mb, seen.rss / mebibyte);
    turns.push(...seen.turns);
    done ||= await over();
    await letPass(50, 'the pace of the measurement');
  }
  turns.sort((a, b) => a - b);
  const [p99 = 0, longestMs = 0] = [turns[Math.floor(turns.length * 0.99)], turns.at(-1)];
  return { mb, p99, longestMs, checkedMs };
}

async function reasonOf(name: string, namespace: string): Promise<string | undefined> {
  const found = await rig.get<PolicyObject>(policyKinds.HTTPRouteGroup, name, namespace);
  return found.status?.conditions?.find(({ type }) => type === 'Accepted')?.reason;
}

const hasEvent = async (name: string, namespace: string, reason: string): Promise<boolean> =>
  (await reasonOf(name, namespace)) === reason;

function tell(what: string, seen: Seen, calm: Seen): void {
  const [mb, ms] = [seen.mb - calm.mb, seen.longestMs];
  const p99 = `99 of 100 turns below ${seen.p99.toFixed(0)} ms, the longest ${ms.toFixed(0)} ms`;
  const words = `+${mb.toFixed(0)} MB on ${calm.mb.toFixed(0)}, ${p99}, judged in ${seen.checkedMs.toFixed(0)} ms`;
  process.stderr.write(`${what}: ${words}\n`);
}

describe('C3: one namespace with objects as big and as many as the API server takes', () => {
  let calm: Seen;

  it('fills no memory when they are written, and others go on', async () => {
    await start();
    await watch(() => Promise.resolve(true));
    calm = await watch(() => Promise.resolve(true));
    const writing = (async () => {
      for (let at = 0; at < count; at += 1) {
        await write(`b${at}`, shaped[at % shaped.length]?.() ?? []);
      }
      await write('after', [{ name: 'all', pathRegex: '/x' }], 'shop');
    })();
    let written = false;
    void writing.then(() => (written = true));
    const seen = await watch(async () => written && (await hasEvent('after', 'shop', 'Accepted')));
    await writing;
    tell('written', seen, calm);
    expect(seen.mb - calm.mb).toBeLessThanOrEqual(mayTakeMb);
    expect(seen.p99 - calm.p99).toBeLessThanOrEqual(mayDelayMs);
    expect(seen.checkedMs).toBeLessThan(checkedWithinMs);
  });

  it('says on each that it is left out, and why', async () => {
    await watch(() => hasEvent(`b${count - 1}`, bulk, 'ObjectTooLarge'));
    const { status } = await rig.get<PolicyObject>(policyKinds.HTTPRouteGroup, 'b0', bulk);
    const [accepted] = status?.conditions ?? [];
    expect(accepted).toMatchObject({ status: 'False', reason: 'ObjectTooLarge' });
    expect(accepted?.message).toMatch(/more than 2048 KiB of memory, .*: split/);
  });

  it('fills no memory when they are read by a control plane that starts', async () => {
    plane.disconnect();
    await once(plane, 'exit');
    await start();
    const seen = await watch(() => Promise.resolve(true));
    tell('read', seen, calm);
    expect(seen.mb - calm.mb).toBeLessThanOrEqual(mayTakeMb);
    expect(seen.checkedMs).toBeLessThan(checkedWithinMs);
    expect(await reasonOf('after', 'shop')).toBe('Accepted');
  });
});
