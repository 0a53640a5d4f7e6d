import { afterAll, afterEach, beforeAll, beforeEach, expect } from '@jest/globals';
import type { ConfigMap } from '../../../src/api/core.ts';
import { kinds } from '../../../src/api/kinds.ts';
import { systemClock } from '../../../src/common/clock.ts';
import { silentLogger } from '../../../src/common/logger.ts';
import { type Reflector, reflect } from '../../../src/kubernetes/reflector.ts';
import type { ReflectOptions } from '../../../src/kubernetes/reflector-options.ts';
import type { Change } from '../../../src/kubernetes/store.ts';
import { type FaultyApiRig, makeConfigMap, startFaultyApiRig } from './faulty-api-server.ts';

const deps = {
  clock: systemClock,
  random: Math.random,
  log: silentLogger,
  idleMs: 800,
  backOff: { baseMs: 20, maxMs: 500 },
};

/** A reflector that runs over the shaky connection, and its reports. */
export interface Watched {
  readonly store: Reflector<ConfigMap>;
  /** What a consumer of every change knows. */
  readonly folded: ReadonlyMap<string, ConfigMap>;
  readonly changes: Change<ConfigMap>[];
  /** Ends it; fails when it ever reported an impossible change. */
  readonly stop: () => Promise<void>;
}

/** The ConfigMaps of one namespace, and reflectors that follow them. */
export interface FollowedMaps {
  readonly rig: FaultyApiRig;
  /** Runs a reflector; each batch is checked as it comes: it starts from the state reported before. */
  readonly follow: (options?: ReflectOptions<ConfigMap>) => Watched;
  /** Writes one with other data than before. */
  readonly put: (name: string) => Promise<ConfigMap>;
  readonly remove: (name: string) => Promise<void>;
  /** Whether the store holds what the API server has at this moment. */
  readonly isCurrent: (store: Reflector<ConfigMap>) => Promise<boolean>;
}

/** Gives the tests of a file a namespace named after `stem`, which is empty before each of them. */
export function followedMaps(stem: string): FollowedMaps {
  let rig: FaultyApiRig;
  const running = new Set<AbortController>();

  beforeAll(async () => {
    rig = await startFaultyApiRig(`${stem}-${String(process.pid)}`);
  });
  afterAll(() => rig.stop());
  afterEach(() => {
    for (const over of running) over.abort();
    running.clear();
  });
  beforeEach(async () => {
    rig.proxy.clearPlans();
    for (const key of (await listed(rig)).keys()) await remove(rig, key.split('/')[1] ?? '');
  });

  return {
    get rig() {
      return rig;
    },
    follow: (options = {}) => {
      const over = new AbortController();
      running.add(over);
      return follow(rig, options, over);
    },
    put: (name) => put(rig, name),
    remove: (name) => remove(rig, name),
    isCurrent: (store) => isCurrent(rig, store),
  };
}

function follow(
  rig: FaultyApiRig,
  options: ReflectOptions<ConfigMap>,
  over: AbortController,
): Watched {
  const store = reflect<ConfigMap>(rig.shaky, kinds.configMap, {
    namespace: rig.namespace,
    ...options,
    ...deps,
  });
  const folded = new Map<string, ConfigMap>();
  const changes: Change<ConfigMap>[] = [];
  const wrong: string[] = [];
  const reported = new Set<string>();
  store.subscribe((batch) => {
    for (const change of batch) {
      if (folded.get(change.key) !== change.before) wrong.push(`${change.key}: wrong before`);
      if (change.before === undefined && change.after === undefined) wrong.push('empty change');
      const state = stateOf(change.after);
      if (change.after !== undefined && reported.has(state))
        wrong.push(`${change.key}: told twice`);
      reported.add(state);
      if (change.after === undefined) folded.delete(change.key);
      else folded.set(change.key, change.after);
      changes.push(change);
    }
    if (!sameMap(folded, store.objects)) wrong.push('the fold is not the store');
  });
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

/** Whether both hold the very same objects under the same keys. */
export function sameMap(
  one: ReadonlyMap<string, unknown>,
  other: ReadonlyMap<string, unknown>,
): boolean {
  return one.size === other.size && [...one].every(([key, value]) => other.get(key) === value);
}

async function listed({
  direct,
  namespace,
  signal,
}: FaultyApiRig): Promise<Map<string, ConfigMap>> {
  const list = await direct.list<ConfigMap>(kinds.configMap, { namespace }, signal);
  return new Map(list.map((object) => [`${namespace}/${object.metadata.name}`, object]));
}

async function isCurrent(rig: FaultyApiRig, store: Reflector<ConfigMap>): Promise<boolean> {
  const truth = await listed(rig);
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

async function put({ direct, namespace, signal }: FaultyApiRig, name: string): Promise<ConfigMap> {
  serial += 1;
  const object = makeConfigMap(namespace, name, { serial: String(serial) });
  return direct.apply(kinds.configMap, object, { fieldManager: 'test' }, signal);
}

function remove({ direct, namespace, signal }: FaultyApiRig, name: string): Promise<void> {
  return direct.remove({ kind: kinds.configMap, namespace, name }, {}, signal);
}
