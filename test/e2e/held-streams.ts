import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { figure } from './figure.ts';
import {
  applyManifest,
  kubectlPace,
  rolledOut,
  setTraffic,
  type TestCluster,
} from './test-cluster.ts';
import { until } from '../support/time/until.ts';
import { letPass } from '../support/time/let-pass.ts';

const namespace = 'held';
const callers = ['caller', 'bystander'] as const;
type Caller = (typeof callers)[number];
/** As streams.mjs calls them. */
const kinds = ['grpc', 'http', 'server-first', 'tcp', 'websocket'];

/** What became of a caller's streams: kinds that were opened, and kinds that ended. */
interface Streams {
  readonly opened: readonly string[];
  readonly ended: readonly string[];
}

const allOpen: Streams = { opened: kinds, ended: [] };

async function streamsOf({ kubectl }: TestCluster, caller: Caller): Promise<Streams> {
  const out = await kubectl.run('logs', '-n', namespace, `deployment/${caller}`, '-c', 'app');
  const lines = out.split('\n').map((line) => line.split(' '));
  const that = (word: string): string[] =>
    lines.flatMap(([kind = '', state]) => (state === word ? [kind] : [])).sort();
  return { opened: that('open'), ended: that('end') };
}

async function expectOpen(world: TestCluster): Promise<void> {
  for (const caller of callers) expect(await streamsOf(world, caller)).toEqual(allOpen);
}

/** Opens a stream of every kind from two callers, in pods of their own. */
async function open(world: TestCluster): Promise<void> {
  const deployments = callers.map((caller) => `deployment/${caller}`);
  await world.kubectl.run('delete', '-n', namespace, '--ignore-not-found', ...deployments);
  const gone = ['wait', '-n', namespace, '--for=delete', 'pod', '-l', 'app in (caller, bystander)'];
  await world.kubectl.run(...gone, '--timeout=60s');
  await applyManifest(world, 'held-callers.yaml');
  for (const deployment of deployments) await rolledOut(world, namespace, deployment);
  await until(
    async () => {
      const all = await Promise.all(callers.map((caller) => streamsOf(world, caller)));
      return all.every(({ opened }) => opened.length === kinds.length);
    },
    { what: 'a stream of every kind is open', withinMs: 60_000, ...kubectlPace },
  );
}

let since = 0;
/** When the last thing was added or changed around the streams. */
let changedAt = 0;
/** Longer than a drain takes: whatever was drained has ended then. */
const drainedMs = 65_000;

/** Begins to hold streams, in strict mode. */
export function streamsBegin(world: () => TestCluster): void {
  it('a stream of every kind is open', async () => {
    const source = await readFile(
      join(import.meta.dirname, '../support/envoy/streams.mjs'),
      'utf8',
    );
    await setTraffic(world(), { enablePermissiveTrafficPolicyMode: false });
    await applyManifest(world(), 'held.yaml');
    const map = { kind: 'ConfigMap', metadata: { name: 'streams', namespace } };
    const text = JSON.stringify({ apiVersion: 'v1', ...map, data: { 'streams.mjs': source } });
    await world().kubectl.applyText(text);
    await rolledOut(world(), namespace, 'deployment/server');
    await open(world());
    since = Date.now();
  }, 180_000);
}

async function split(world: TestCluster, weights: readonly [number, number]): Promise<void> {
  const backends = weights.map((weight, index) => ({ service: `server-v${index + 1}`, weight }));
  const object = {
    apiVersion: 'split.smi-spec.io/v1alpha2',
    kind: 'TrafficSplit',
    metadata: { name: 'canary', namespace },
    spec: { service: 'server', backends },
  };
  await world.kubectl.applyText(JSON.stringify(object));
}

/** What people add and change around streams that are open; `additionsHeld` says what became of them. */
export function additions(world: () => TestCluster): void {
  it('a grant, a Service, pods of another account and a canary are made around them', async () => {
    await applyManifest(world(), 'held-additions.yaml');
    await rolledOut(world(), namespace, 'deployment/server-v2');
    await world().kubectl.run('scale', '-n', namespace, 'deployment/server', '--replicas=2');
    await rolledOut(world(), namespace, 'deployment/server');
    for (const weights of [
      [90, 10],
      [10, 90],
      [0, 100],
    ] as const) {
      await split(world(), weights);
      await letPass(2_000, 'calls go by these weights');
    }
    await world().kubectl.run('delete', 'trafficsplit', '-n', namespace, 'canary');
    changedAt = Date.now();
    await expectOpen(world());
  }, 180_000);
}

/** After `additions`, and other parts that leave the namespace alone. */
export function additionsHeld(world: () => TestCluster): void {
  it('none ends by a grant, a Service, pods of another account, or a canary', async () => {
    await letPass(Math.max(0, changedAt + drainedMs - Date.now()), 'the rest of a drain');
    await expectOpen(world());
  }, 120_000);
}

/** Every stream that `streamsBegin` opened is still open. */
export function streamsHeld(world: () => TestCluster): void {
  it('none of them ended in all of this', async () => {
    await expectOpen(world());
    const seconds = Math.round((Date.now() - since) / 1_000);
    figure(`streams of ${kinds.length} kinds from ${callers.length} pods held ${seconds} s: 0 cut`);
  }, 30_000);
}

/** They are still open after the mesh was removed. */
export function streamsHeldAlone(world: () => TestCluster): void {
  it('none of them ended with the mesh', () => expectOpen(world()), 30_000);
}

/** A permission is withdrawn. */
export function revocation(world: () => TestCluster): void {
  it("only a revocation ends streams: the revoked client's, of every kind, and no other client's", async () => {
    const began = Date.now();
    await world().kubectl.run('delete', 'traffictarget', '-n', namespace, 'caller', 'caller-tcp');
    await until(
      async () => {
        const { ended } = await streamsOf(world(), 'caller');
        return ended.length === kinds.length;
      },
      { what: 'the streams of the revoked client end', withinMs: 75_000, ...kubectlPace },
    );
    figure(
      `revoked, streams of every kind ended after ${((Date.now() - began) / 1_000).toFixed(0)} s`,
    );
    expect(await streamsOf(world(), 'bystander')).toEqual(allOpen);
  }, 120_000);
}
