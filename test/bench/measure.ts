import { setTimeout as sleep } from 'node:timers/promises';
import type { ApiServer } from '../../tools/real/api-server.ts';
import { type ControlPlane, startControlPlane } from './control-plane.ts';
import { type Spread, now, spreadOf } from './figures.ts';
import { measureFloor } from './floor.ts';
import { Load, type Seen, type Storm } from './load.ts';
import { cpuSeconds, machineBusySeconds, residentMb } from './process-figures.ts';
import { measureSwitch, type SwitchFigures } from './root-switch.ts';
import { idlePod, type BenchMesh } from './bench-mesh.ts';

export interface Plan {
  readonly proxies: number;
  readonly workers: number;
  readonly changes: number;
  readonly pauseMs: number;
  readonly restSeconds: number;
  readonly logFolder: string;
}

/** Of a number of changes: how long until the last proxy had acknowledged each, in milliseconds. */
export interface ChangeFigures {
  /** From the write to the API server until its watchers had it. */
  readonly apiServer: Spread;
  /** From then until the last acknowledgement. */
  readonly weft: Spread;
  readonly whole: Spread;
  /** The same until half of the proxies had it. */
  readonly median: Spread;
  readonly missing: number;
  readonly bytesPerProxy: number;
  readonly cpuSecondsPerChange: number;
  /** How late the load client itself was. */
  readonly clientLoop: { readonly p99: number; readonly max: number };
  /** Cores busy with anything while this was measured. */
  readonly coresBusy: number;
}

export interface Figures {
  readonly proxies: number;
  readonly storm: Omit<Storm, 'load'> & {
    /** What the control plane took. */
    readonly cpuSeconds: number;
  };
  readonly endpoint: ChangeFigures;
  readonly route: ChangeFigures;
  readonly floor: Spread;
  readonly rssStartMb: number;
  readonly rssIdleMb: number;
  readonly rssAfterChurnMb: number;
  readonly rssAfterMoreChurnMb: number;
  readonly churnChanges: number;
  /** Cores used while nothing happens. */
  readonly coresAtRest: number;
  readonly rootSwitch: SwitchFigures;
}

const settleMs = 3_000;
const churnPerSecond = 20;

interface Bench {
  readonly world: BenchMesh;
  readonly load: Load;
  readonly controlPlane: ControlPlane;
  readonly plan: Plan;
}

/** Everything for one number of proxies, on a fresh control plane. */
export async function measure(server: ApiServer, world: BenchMesh, plan: Plan): Promise<Figures> {
  const tokens = await world.tokens(plan.proxies);
  const controlPlane = await startControlPlane(server, world, plan.logFolder);
  try {
    const rssStartMb = await residentMb(controlPlane.pid);
    const { target, pid } = controlPlane;
    const cpuBefore = await cpuSeconds(pid);
    const { load, ...storm } = await Load.connect(target, tokens, plan.workers);
    const stormCpuSeconds = (await cpuSeconds(pid)) - cpuBefore;
    const bench = { world, load, controlPlane, plan };
    await world.changeWeights(50);
    await sleep(settleMs);
    const rssIdleMb = await residentMb(pid);
    const coresAtRest = await rest(bench);
    const endpoint = await changes(bench, endpointChange(bench));
    const route = await changes(bench, routeChange(bench));
    const churnChanges = churnPerSecond * 10;
    await churn(bench, churnChanges, 0);
    const rssAfterChurnMb = await residentMb(pid);
    await churn(bench, churnChanges, churnChanges);
    const rssAfterMoreChurnMb = await residentMb(pid);
    const rootSwitch = await measureSwitch(world, load, plan.proxies);
    await load.stop();
    await controlPlane.stop();
    const floor = await measureFloor({
      proxies: plan.proxies,
      workers: plan.workers,
      pushes: plan.changes,
      ...endpoint.sample,
    });
    return {
      proxies: plan.proxies,
      storm: { ...storm, cpuSeconds: stormCpuSeconds },
      endpoint: endpoint.figures,
      route: route.figures,
      floor: spreadOf(floor.map(({ started, seen }) => Math.max(...seen.acknowledged) - started)),
      rssStartMb,
      rssIdleMb,
      rssAfterChurnMb,
      rssAfterMoreChurnMb,
      churnChanges,
      coresAtRest,
      rootSwitch,
    };
  } finally {
    await controlPlane.stop();
  }
}

async function rest({ controlPlane, plan }: Bench): Promise<number> {
  const before = await cpuSeconds(controlPlane.pid);
  await sleep(plan.restSeconds * 1000);
  return ((await cpuSeconds(controlPlane.pid)) - before) / plan.restSeconds;
}

/** A way to change something, known by its mark in the API server's words and in Envoy's. */
interface ChangeKind {
  readonly watchPath: string;
  readonly next: (turn: number) => {
    readonly apiMark: string;
    readonly mark: string;
    readonly make: () => Promise<void>;
  };
}

function endpointChange({ world }: Pick<Bench, 'world'>): ChangeKind {
  return {
    watchPath: '/apis/discovery.k8s.io/v1/endpointslices',
    next: (turn) => {
      const service = world.services[turn % world.services.length];
      if (service === undefined) throw new Error('no services');
      const round = Math.floor(turn / world.services.length);
      const address = idlePod(service, round - 1)?.ip ?? '';
      const make = (): Promise<void> => world.changeEndpoint(service, round);
      return { apiMark: `"${address}"`, mark: address, make };
    },
  };
}

function routeChange({ world }: Pick<Bench, 'world'>): ChangeKind {
  return {
    watchPath: '/apis/split.smi-spec.io/v1alpha2/trafficsplits',
    next: (turn) => {
      const weight = (turn % 49) + 1;
      return {
        apiMark: `"weight":${weight}}`,
        mark: `weights ${weight},${100 - weight}`,
        make: () => world.changeWeights(weight),
      };
    },
  };
}

interface Timed {
  readonly apiServer: number;
  readonly weft: number;
  readonly whole: number;
  readonly median: number;
  readonly seen: Seen;
}

async function changes(
  bench: Bench,
  kind: ChangeKind,
): Promise<{
  readonly figures: ChangeFigures;
  readonly sample: { readonly bytes: Buffer; readonly mark: string };
}> {
  const { load, controlPlane, plan } = bench;
  const timed: Timed[] = [];
  let sample: { bytes: Buffer; mark: string } = { bytes: Buffer.alloc(0), mark: '' };
  let cpu = 0;
  const loops: { p99: number; max: number }[] = [];
  const [busyBefore, startedAt] = [await machineBusySeconds(), now()];
  for (let turn = 0; turn < plan.changes; turn += 1) {
    const { apiMark, mark, make } = kind.next(turn);
    const cpuBefore = await cpuSeconds(controlPlane.pid);
    const one = await timeOf(bench, { watchPath: kind.watchPath, apiMark, mark, make });
    timed.push(one);
    loops.push(await load.loopDelay());
    if (one.seen.sample !== undefined) sample = { bytes: one.seen.sample, mark };
    await sleep(plan.pauseMs);
    cpu += (await cpuSeconds(controlPlane.pid)) - cpuBefore;
  }
  const coresBusy = ((await machineBusySeconds()) - busyBefore) / ((now() - startedAt) / 1000);
  const spread = (get: (one: Timed) => number): Spread => spreadOf(timed.map(get));
  const figures = {
    apiServer: spread((one) => one.apiServer),
    weft: spread((one) => one.weft),
    whole: spread((one) => one.whole),
    median: spread((one) => one.median),
    missing: timed.reduce((sum, { seen }) => sum + seen.missing, 0),
    bytesPerProxy: timed.reduce((sum, { seen }) => sum + seen.bytesPerProxy, 0) / timed.length,
    cpuSecondsPerChange: cpu / timed.length,
    clientLoop: {
      p99: Math.max(...loops.map(({ p99 }) => p99)),
      max: Math.max(...loops.map(({ max }) => max)),
    },
    coresBusy,
  };
  return { figures, sample };
}

interface OneChange {
  readonly watchPath: string;
  readonly apiMark: string;
  readonly mark: string;
  readonly make: () => Promise<void>;
}

async function timeOf({ world, load }: Bench, change: OneChange): Promise<Timed> {
  let watched = Number.NaN;
  let text = '';
  const stop = world.api.watch(change.watchPath, (part, at) => {
    text = text.slice(-2_000) + part;
    if (Number.isNaN(watched) && text.includes(change.apiMark)) watched = at;
  });
  // A watch without a resourceVersion first tells what is there.
  await sleep(300);
  text = '';
  watched = Number.NaN;
  let written = 0;
  const seen = await load.see(change.mark, async () => {
    written = now();
    await change.make();
  });
  stop();
  const last = Math.max(...seen.acknowledged);
  const middle = spreadOf(seen.acknowledged).p50;
  return {
    apiServer: watched - written,
    weft: last - watched,
    whole: last - written,
    median: middle - written,
    seen,
  };
}

/** Changes endpoints as fast as a busy cluster does, and waits until the last change is everywhere. */
async function churn(bench: Bench, count: number, from: number): Promise<void> {
  const kind = endpointChange(bench);
  const offset = bench.plan.changes + from;
  for (let turn = 0; turn < count - 1; turn += 1) {
    const started = now();
    await kind.next(offset + turn).make();
    await sleep(Math.max(0, 1000 / churnPerSecond - (now() - started)));
  }
  const last = kind.next(offset + count - 1);
  const seen = await bench.load.see(last.mark, last.make);
  if (seen.missing > 0) throw new Error(`${seen.missing} proxies missed the end of the churn`);
  await sleep(settleMs);
}
