import { beforeEach, describe, expect, it } from '@jest/globals';
import type { ConfigMap } from '../../../src/api/core.ts';
import { kinds } from '../../../src/api/kinds.ts';
import { NamespaceBudget } from '../../../src/kubernetes/budget.ts';
import type { Ration } from '../../../src/kubernetes/reflector-options.ts';
import { followedMaps } from '../../support/api-server/followed-maps.ts';
import { until } from '../../support/time/until.ts';

const maps = followedMaps('ration');
const weightOf = ({ data }: ConfigMap): number => data?.['text']?.length ?? 0;

let ration: Ration<ConfigMap>;
beforeEach(() => {
  ration = {
    budget: new NamespaceBudget({ ofObject: 60, ofNamespace: 100, count: 4 }),
    isHuge: (object) => weightOf(object) > 1_000,
    weigh: weightOf,
    standIn: ({ apiVersion, kind, metadata }) => ({ apiVersion, kind, metadata }),
  };
});

async function put(name: string, length: number): Promise<void> {
  const { direct, namespace, signal } = maps.rig;
  const metadata = { name, namespace };
  const object = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata,
    data: { text: 'x'.repeat(length) },
  };
  await direct.apply(kinds.configMap, object, { fieldManager: 'test' }, signal);
}

/** How much of each the store has, in order of names; 0 for one that is left out. */
function kept(store: { readonly objects: ReadonlyMap<string, ConfigMap> }): readonly string[] {
  return [...store.objects.values()]
    .map((object) => `${object.metadata.name} ${weightOf(object)}`)
    .sort();
}

describe('a reflector with a ration', () => {
  it('leaves out what has no room, and reads it again when there is', async () => {
    await put('a', 50);
    await put('b', 50);
    await put('c', 40);
    const { store } = maps.follow({ ration });
    await store.whenSynced(maps.rig.signal);
    const left = (): string => kept(store).join();
    // All of one second: the names decide.
    await until(() => left() === 'a 50,b 50,c 0');
    await put('a', 10);
    await until(() => left() === 'a 10,b 50,c 40');
    await put('a', 60);
    await until(() => ['a 60,b 0,c 40', 'a 0,b 50,c 40'].includes(left()));
    await put('a', 2_000);
    await until(() => left() === 'a 0,b 50,c 40');
    await maps.remove('b');
    await put('a', 55);
    await until(() => left() === 'a 55,c 40');
  });

  it('knows a bounded number, and finds the others when there is room', async () => {
    for (const name of ['a', 'b', 'c', 'd', 'e', 'f']) await put(name, 1);
    const { store } = maps.follow({ ration, pageSize: 2 });
    await store.whenSynced(maps.rig.signal);
    expect(store.objects.size).toBe(4);
    for (const name of ['a', 'b', 'c', 'd']) await maps.remove(name);
    await until(() => kept(store).join() === 'e 1,f 1');
  });
});
