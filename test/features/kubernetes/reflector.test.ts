import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { ConfigMap } from '../../../src/api/core.ts';
import { kinds } from '../../../src/api/kinds.ts';
import { systemClock } from '../../../src/common/clock.ts';
import { silentLogger } from '../../../src/common/logger.ts';
import { type ReflectOptions, type Reflector, reflect } from '../../../src/kubernetes/reflector.ts';
import type { Change } from '../../../src/kubernetes/store.ts';
import type { Bookmarks, Fault, FaultProxy, RequestKind } from '../../fakes/fault-proxy.ts';
import { type Rig, eventually, makeConfigMap, startRig } from './rig.ts';

const deps = {
  clock: systemClock,
  random: Math.random,
  log: silentLogger,
  idleMs: 800,
  backOff: { baseMs: 20, maxMs: 500 },
};

interface Watched {
  readonly store: Reflector<ConfigMap>;
  /** What a consumer knows that heard of every change. */
  readonly folded: Map<string, ConfigMap>;
  readonly changes: Change<ConfigMap>[];
  readonly stop: () => Promise<void>;
}

let rig: Rig;
const running = new Set<AbortController>();

/** Runs a reflector; each batch is checked as it comes: it starts from what was told before. */
function follow(options: ReflectOptions<ConfigMap> = {}): Watched {
  const store = reflect<ConfigMap>(
    rig.shaky,
    kinds.configMap,
    { namespace: rig.namespace, ...options },
    deps,
  );
  const folded = new Map<string, ConfigMap>();
  const changes: Change<ConfigMap>[] = [];
  const wrong: string[] = [];
  const told = new Set<string>();
  store.subscribe((batch) => {
    for (const change of batch) {
      if (folded.get(change.key) !== change.before) wrong.push(`${change.key}: wrong before`);
      if (change.before === undefined && change.after === undefined) wrong.push('empty change');
      const state = stateOf(change.after);
      if (change.after !== undefined && told.has(state)) wrong.push(`${change.key}: told twice`);
      told.add(state);
      if (change.after === undefined) folded.delete(change.key);
      else folded.set(change.key, change.after);
      changes.push(change);
    }
    if (!sameMap(folded, store.objects)) wrong.push('the fold is not the store');
  });
  const over = new AbortController();
  running.add(over);
  const ended = store.run(over.signal);
  const stop = async (): Promise<void> => {
    over.abort();
    await ended;
    expect(wrong).toEqual([]);
  };
  return { store, folded, changes, stop };
}

function stateOf(object: ConfigMap | undefined): string {
  return `${String(object?.metadata.uid)} ${String(object?.metadata.resourceVersion)}`;
}

function sameMap(one: ReadonlyMap<string, unknown>, other: ReadonlyMap<string, unknown>): boolean {
  return one.size === other.size && [...one].every(([key, value]) => other.get(key) === value);
}

async function listed(): Promise<Map<string, ConfigMap>> {
  const options = { namespace: rig.namespace };
  const list = await rig.direct.list<ConfigMap>(kinds.configMap, options, rig.signal);
  return new Map(list.map((object) => [`${rig.namespace}/${object.metadata.name}`, object]));
}

async function isCurrent(store: Reflector<ConfigMap>): Promise<boolean> {
  const truth = await listed();
  return (
    truth.size === store.objects.size &&
    [...truth].every(([key, object]) => {
      const kept = store.objects.get(key);
      return (
        kept?.metadata.uid === object.metadata.uid &&
        kept?.metadata.resourceVersion === object.metadata.resourceVersion &&
        JSON.stringify(kept?.data) === JSON.stringify(object.data)
      );
    })
  );
}

let serial = 0;

async function put(name: string): Promise<ConfigMap> {
  serial += 1;
  const object = makeConfigMap(rig.namespace, name, { serial: String(serial) });
  return rig.direct.apply(kinds.configMap, object, { fieldManager: 'test' }, rig.signal);
}

function remove(name: string): Promise<void> {
  return rig.direct.remove(
    { kind: kinds.configMap, namespace: rig.namespace, name },
    {},
    rig.signal,
  );
}

const inStream = (code: number): string =>
  JSON.stringify({ type: 'ERROR', object: { kind: 'Status', status: 'Failure', code } });

beforeAll(async () => {
  rig = await startRig(`reflector-${String(process.pid)}`);
});

afterAll(() => rig.stop());

afterEach(() => {
  for (const over of running) over.abort();
  running.clear();
});

beforeEach(async () => {
  rig.proxy.clearPlans();
  for (const key of (await listed()).keys()) await remove(key.split('/')[1] ?? '');
});

describe('a reflector', () => {
  it('follows objects as they come, change and go', async () => {
    await put('first');
    const { store, changes, stop } = follow();
    expect(store.synced).toBe(false);
    await store.whenSynced(rig.signal);
    expect(store.synced).toBe(true);
    expect([...store.objects.keys()]).toEqual([`${rig.namespace}/first`]);
    await put('second');
    await put('first');
    await remove('second');
    await eventually(() => changes.length === 4);
    expect(
      changes.map(({ key, before, after }) => [
        key.split('/')[1],
        before !== undefined,
        after !== undefined,
      ]),
    ).toEqual([
      ['first', false, true],
      ['second', false, true],
      ['first', true, true],
      ['second', true, false],
    ]);
    const kept = store.objects.get(`${rig.namespace}/first`);
    expect(kept).toMatchObject({ apiVersion: 'v1', kind: 'ConfigMap' });
    expect(kept?.metadata).not.toHaveProperty('managedFields');
    expect(Object.isFrozen(kept?.data)).toBe(true);
    expect(store.age()).toBeLessThan(5000);
    await stop();
  });

  it('reads a long list in pages, and begins again when their token expires', async () => {
    const names = Array.from({ length: 1100 }, (_, index) => `many-${String(index)}`);
    await inTurns(names, 20, (name) => put(name));
    const pages = rig.proxy.count('page');
    rig.proxy.plan('page', { kind: 'answer', status: 410 });
    const { store, stop } = follow();
    await store.whenSynced(rig.signal);
    expect(store.objects.size).toBe(1100);
    expect(rig.proxy.count('page') - pages).toBe(1 + 2);
    await stop();
    await inTurns(names, 20, (name) => remove(name));
  }, 60_000);

  it('reports an object replaced behind its back as gone and new', async () => {
    const old = await put('phoenix');
    const { store, changes, stop } = follow();
    await store.whenSynced(rig.signal);
    rig.proxy.plan('watch', { kind: 'answer', status: 410 }, 1);
    rig.proxy.plan('list', { kind: 'slow', ms: 300 }, 1);
    changes.length = 0;
    rig.proxy.stall();
    await remove('phoenix');
    const young = await put('phoenix');
    rig.proxy.cut();
    await eventually(() => changes.length > 0);
    expect(changes.map(({ before, after }) => [before?.metadata.uid, after?.metadata.uid])).toEqual(
      [
        [old.metadata.uid, undefined],
        [undefined, young.metadata.uid],
      ],
    );
    await stop();
  });

  it('survives a subscriber that throws and a transform that throws', async () => {
    const { store, changes, stop } = follow({
      transform: (object) => {
        if (object.metadata.name === 'poison') throw new Error('poison');
        return { ...object, data: { kept: 'little' } };
      },
    });
    store.subscribe(() => {
      throw new Error('careless');
    });
    await store.whenSynced(rig.signal);
    await put('poison');
    await put('good');
    await eventually(() => changes.length === 1);
    expect([...store.objects.values()].map(({ data }) => data)).toEqual([{ kept: 'little' }]);
    await stop();
  });

  it('resumes after a cut without listing again', async () => {
    const { store, changes, stop } = follow();
    await store.whenSynced(rig.signal);
    await put('before');
    await eventually(() => changes.length === 1);
    const lists = rig.proxy.count('list');
    for (let round = 1; round <= 5; round += 1) {
      rig.proxy.cut();
      await put('during');
      await eventually(() => changes.length === 1 + round, 3000);
    }
    expect(rig.proxy.count('list')).toBe(lists);
    await stop();
  });

  for (const bookmarks of ['doubled', 'late', 'early'] as const) {
    it(`is not led astray by ${bookmarks} bookmarks`, async () => {
      const { store, changes, stop } = follow();
      await store.whenSynced(rig.signal);
      rig.proxy.bookmarks = bookmarks;
      await put('stays');
      await put('goes');
      await remove('goes');
      await eventually(() => changes.length === 3);
      rig.proxy.cut();
      await put('comes');
      await eventually(() => changes.length === 4);
      expect(await isCurrent(store)).toBe(true);
      await stop();
    });
  }

  it('does not hammer a server that refuses', async () => {
    const { store, stop } = follow();
    await store.whenSynced(rig.signal);
    rig.proxy.plan('watch', { kind: 'answer', status: 500 }, 1000);
    const before = rig.proxy.count('watch');
    rig.proxy.cut();
    await new Promise((resolve) => setTimeout(resolve, 1500));
    expect(rig.proxy.count('watch') - before).toBeLessThan(15);
    rig.proxy.clearPlans();
    await put('after');
    await eventually(() => isCurrent(store), 2000);
    await stop();
  });

  it('heeds Retry-After', async () => {
    const { store, stop } = follow();
    await store.whenSynced(rig.signal);
    rig.proxy.plan('watch', { kind: 'answer', status: 429, retryAfter: 2 });
    const before = rig.proxy.count('watch');
    rig.proxy.cut();
    await eventually(() => rig.proxy.count('watch') === before + 1);
    const tookMs = await eventually(() => rig.proxy.count('watch') === before + 2);
    expect(tookMs).toBeGreaterThan(1500);
    await stop();
  });

  for (const on of ['list', 'watch'] as const) {
    it(`leaves nothing open when it is stopped while its ${on} starts`, async () => {
      rig.proxy.plan(on, { kind: 'slow', ms: 500 });
      const { stop } = follow();
      const before = rig.proxy.count(on);
      await eventually(() => rig.proxy.count(on) > before);
      await stop();
      await eventually(() => rig.proxy.open === 0, 2000);
      await new Promise((resolve) => setTimeout(resolve, 700));
      expect(rig.proxy.open).toBe(0);
      expect(rig.proxy.count(on)).toBe(before + 1);
    });
  }
});

type Action = (proxy: FaultProxy) => Promise<unknown>;

const names = ['a', 'b', 'c', 'd'];
const nothing = Promise.resolve(undefined);

const write = fc.constantFrom(...names).chain((name) =>
  fc.constantFrom<Action>(
    () => put(name),
    () => remove(name),
    () => remove(name).then(() => put(name)),
    () => put(name).then(() => put(name)),
  ),
);

const streamFault = fc.constantFrom<Action>(
  (proxy) => (proxy.cut(), nothing),
  (proxy) => (proxy.stall(), nothing),
  (proxy) => (proxy.end(), nothing),
  (proxy) => (proxy.truncateNext(), nothing),
  (proxy) => (proxy.say(inStream(410)), nothing),
  (proxy) => (proxy.say(inStream(500)), nothing),
  (proxy) => (proxy.say('{"type":"ADDED","obj'), nothing),
  (proxy) => (proxy.say('{"type":"MODIFIED","object":{"metadata":{}}}'), nothing),
);

const requestFault = fc
  .record({
    on: fc.constantFrom<RequestKind>('list', 'watch'),
    times: fc.integer({ min: 1, max: 3 }),
    fault: fc.constantFrom<Fault>(
      { kind: 'answer', status: 410 },
      { kind: 'answer', status: 429 },
      { kind: 'answer', status: 429, retryAfter: 1 },
      { kind: 'answer', status: 500 },
      { kind: 'answer', status: 503 },
      { kind: 'answer', status: 401 },
      { kind: 'refuse' },
      { kind: 'slow', ms: 150 },
      { kind: 'cut-halfway' },
    ),
  })
  .map(
    ({ on, fault, times }): Action =>
      (proxy) => (proxy.plan(on, fault, times), nothing),
  );

const mode = fc.constantFrom<Bookmarks>('none', 'doubled', 'late', 'early').map(
  (bookmarks): Action =>
    (proxy) => ((proxy.bookmarks = bookmarks), nothing),
);

const pause = fc.integer({ min: 1, max: 60 }).map(
  (ms): Action =>
    () =>
      new Promise((resolve) => setTimeout(resolve, ms)),
);

const action = fc.oneof(
  { weight: 5, arbitrary: write },
  { weight: 3, arbitrary: streamFault },
  { weight: 2, arbitrary: requestFault },
  { weight: 1, arbitrary: mode },
  { weight: 2, arbitrary: pause },
);

it('equals the API server within seconds after any faults, and tells no lie on the way (property)', async () => {
  const slowest = { ms: 0 };
  await fc.assert(
    fc.asyncProperty(fc.array(action, { minLength: 5, maxLength: 30 }), async (actions) => {
      rig.proxy.clearPlans();
      const watched = follow();
      for (const act of actions) await act(rig.proxy);
      const tookMs = await eventually(() => isCurrent(watched.store), 8000);
      slowest.ms = Math.max(slowest.ms, tookMs);
      expect(sameMap(watched.folded, watched.store.objects)).toBe(true);
      // No dead watch: the next change arrives as well.
      rig.proxy.clearPlans();
      await put('last');
      await eventually(() => isCurrent(watched.store), 8000);
      await watched.stop();
      await eventually(() => rig.proxy.open === 0, 2000);
    }),
    { numRuns: 25, interruptAfterTimeLimit: 90_000 },
  );
  expect(slowest.ms).toBeLessThan(8000);
}, 150_000);

async function inTurns<T>(
  items: readonly T[],
  atOnce: number,
  work: (item: T) => Promise<unknown>,
): Promise<void> {
  const queue = [...items];
  const turn = async (): Promise<void> => {
    for (let item = queue.pop(); item !== undefined; item = queue.pop()) await work(item);
  };
  await Promise.all(Array.from({ length: atOnce }, turn));
}
