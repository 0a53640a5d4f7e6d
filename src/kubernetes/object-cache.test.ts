import { describe, expect, it } from '@jest/globals';
import type { KubernetesObject } from '../api/core.ts';
import { silentLogger } from '../common/logger.ts';
import { ObjectCache } from './object-cache.ts';
import type { Change } from './store.ts';

function object(name: string, resourceVersion: string, uid = name): KubernetesObject {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'shop', uid, resourceVersion },
  };
}

function start(): { cache: ObjectCache<KubernetesObject>; batches: string[][] } {
  const cache = new ObjectCache<KubernetesObject>(silentLogger);
  const batches: string[][] = [];
  const show = (it: KubernetesObject | undefined): string => it?.metadata.resourceVersion ?? '-';
  const line = ({ key, before, after }: Change<KubernetesObject>): string =>
    `${key} ${show(before)}>${show(after)}`;
  cache.subscribe((changes) => batches.push(changes.map(line)));
  return { cache, batches };
}

describe('ObjectCache', () => {
  it('reports the differences to a list in one batch', () => {
    const { cache, batches } = start();
    cache.replace([object('a', '1'), object('b', '2'), object('c', '3')]);
    cache.replace([object('b', '2'), object('c', '5'), object('d', '6')]);
    expect(batches).toEqual([
      ['shop/a ->1', 'shop/b ->2', 'shop/c ->3'],
      ['shop/a 1>-', 'shop/c 3>5', 'shop/d ->6'],
    ]);
  });

  it('keeps the object it has when nothing changed', () => {
    const { cache, batches } = start();
    const first = object('a', '1');
    cache.replace([first]);
    cache.replace([object('a', '1')]);
    cache.take([{ type: 'set', object: object('a', '1') }]);
    expect(cache.objects.get('shop/a')).toBe(first);
    expect(batches).toHaveLength(1);
  });

  it('reports a successor of the same name as gone and new', () => {
    const { cache, batches } = start();
    cache.replace([object('a', '1', 'old')]);
    cache.take([{ type: 'set', object: object('a', '4', 'new') }]);
    expect(batches[1]).toEqual(['shop/a 1>-', 'shop/a ->4']);
  });

  it('is not moved by news from the past', () => {
    const { cache, batches } = start();
    cache.replace([object('a', '10')]);
    cache.take([
      { type: 'set', object: object('a', '9') },
      { type: 'delete', object: object('a', '9') },
      { type: 'delete', object: object('b', '11') },
    ]);
    expect(batches).toHaveLength(1);
  });

  it('reports the changes of one burst in order', () => {
    const { cache, batches } = start();
    cache.replace([]);
    cache.take([
      { type: 'set', object: object('a', '1') },
      { type: 'set', object: object('a', '2') },
      { type: 'delete', object: object('a', '3') },
    ]);
    expect(batches).toEqual([['shop/a ->1', 'shop/a 1>2', 'shop/a 2>-']]);
    expect(cache.objects.size).toBe(0);
  });

  it('does not call a callback that unsubscribed', () => {
    const { cache } = start();
    let calls = 0;
    const stop = cache.subscribe(() => (calls += 1));
    cache.replace([object('a', '1')]);
    stop();
    cache.replace([]);
    expect(calls).toBe(1);
  });

  it('is synced with the first list, and says when the signal was quicker', async () => {
    const { cache } = start();
    const over = new AbortController();
    const given = cache.whenSynced(over.signal);
    over.abort(new Error('enough'));
    await expect(given).rejects.toThrow('enough');
    const waiting = cache.whenSynced(new AbortController().signal);
    cache.replace([]);
    await waiting;
    expect(cache.synced).toBe(true);
  });
});
