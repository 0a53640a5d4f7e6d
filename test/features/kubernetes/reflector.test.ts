import { describe, expect, it } from '@jest/globals';
import { followedMaps } from '../../support/api-server/followed-maps.ts';
import { until } from '../../support/time/until.ts';
import { staysTrueFor } from '../../support/time/stays-true-for.ts';

const maps = followedMaps('reflector');

describe('a reflector', () => {
  it('follows objects as they come, change and go', async () => {
    await maps.put('first');
    const { store, changes, stop } = maps.follow();
    expect(store.synced).toBe(false);
    await store.whenSynced(maps.rig.signal);
    expect(store.synced).toBe(true);
    expect([...store.objects.keys()]).toEqual([`${maps.rig.namespace}/first`]);
    await maps.put('second');
    await maps.put('first');
    await maps.remove('second');
    await until(() => changes.length === 4);
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
    const kept = store.objects.get(`${maps.rig.namespace}/first`);
    expect(kept).toMatchObject({ apiVersion: 'v1', kind: 'ConfigMap' });
    expect(kept?.metadata).not.toHaveProperty('managedFields');
    expect(Object.isFrozen(kept?.data)).toBe(true);
    await stop();
  });

  it('reads a long list in pages, and begins again when their token expires', async () => {
    const names = Array.from({ length: 1100 }, (_, index) => `many-${String(index)}`);
    await inTurns(names, 20, (name) => maps.put(name));
    const pages = maps.rig.proxy.count('page');
    maps.rig.proxy.plan('page', { kind: 'answer', status: 410 });
    const { store, stop } = maps.follow();
    await store.whenSynced(maps.rig.signal);
    expect(store.objects.size).toBe(1100);
    expect(maps.rig.proxy.count('page') - pages).toBe(1 + 2);
    await stop();
    await inTurns(names, 20, (name) => maps.remove(name));
  }, 60_000);

  it('reports an object replaced behind its back as gone and new', async () => {
    const old = await maps.put('phoenix');
    const { store, changes, stop } = maps.follow();
    await store.whenSynced(maps.rig.signal);
    maps.rig.proxy.plan('watch', { kind: 'answer', status: 410 }, 1);
    maps.rig.proxy.plan('list', { kind: 'slow', ms: 300 }, 1);
    changes.length = 0;
    maps.rig.proxy.stall();
    await maps.remove('phoenix');
    const young = await maps.put('phoenix');
    maps.rig.proxy.cut();
    await until(() => changes.length > 0);
    expect(changes.map(({ before, after }) => [before?.metadata.uid, after?.metadata.uid])).toEqual(
      [
        [old.metadata.uid, undefined],
        [undefined, young.metadata.uid],
      ],
    );
    await stop();
  });

  it('survives a subscriber that throws and a transform that throws', async () => {
    const { store, changes, stop } = maps.follow({
      transform: (object) => {
        if (object.metadata.name === 'poison') throw new Error('poison');
        return { ...object, data: { kept: 'little' } };
      },
    });
    store.subscribe(() => {
      throw new Error('careless');
    });
    await store.whenSynced(maps.rig.signal);
    await maps.put('poison');
    await maps.put('good');
    await until(() => changes.length === 1);
    expect([...store.objects.values()].map(({ data }) => data)).toEqual([{ kept: 'little' }]);
    await stop();
  });

  for (const on of ['list', 'watch'] as const) {
    it(`leaves nothing open when it is stopped while its ${on} starts`, async () => {
      maps.rig.proxy.plan(on, { kind: 'slow', ms: 500 });
      const { stop } = maps.follow();
      const before = maps.rig.proxy.count(on);
      await until(() => maps.rig.proxy.count(on) > before);
      await stop();
      await until(() => maps.rig.proxy.open === 0, { withinMs: 2000 });
      const { proxy } = maps.rig;
      await staysTrueFor(
        700,
        'nothing open, and no second call',
        () => proxy.open === 0 && proxy.count(on) === before + 1,
      );
    });
  }
});

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
