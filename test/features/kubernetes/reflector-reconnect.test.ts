import { describe, expect, it } from '@jest/globals';
import { followedMaps } from '../../support/api-server/followed-maps.ts';
import { msUntil, until } from '../../support/time/until.ts';
import { staysTrueFor } from '../../support/time/stays-true-for.ts';

const maps = followedMaps('reflector-reconnect');

describe('a reflector', () => {
  it('resumes after a cut without listing again', async () => {
    const { store, changes, stop } = maps.follow();
    await store.whenSynced(maps.rig.signal);
    await maps.put('before');
    await until(() => changes.length === 1);
    const lists = maps.rig.proxy.count('list');
    for (let round = 1; round <= 5; round += 1) {
      maps.rig.proxy.cut();
      await maps.put('during');
      await until(() => changes.length === 1 + round, { withinMs: 3000 });
    }
    expect(maps.rig.proxy.count('list')).toBe(lists);
    await stop();
  });

  for (const bookmarks of ['doubled', 'late', 'early'] as const) {
    it(`is not led astray by ${bookmarks} bookmarks`, async () => {
      const { store, changes, stop } = maps.follow();
      await store.whenSynced(maps.rig.signal);
      maps.rig.proxy.bookmarks = bookmarks;
      await maps.put('stays');
      await maps.put('goes');
      await maps.remove('goes');
      await until(() => changes.length === 3);
      maps.rig.proxy.cut();
      await maps.put('comes');
      await until(() => changes.length === 4);
      expect(await maps.isCurrent(store)).toBe(true);
      await stop();
    });
  }

  it('does not hammer a server that refuses', async () => {
    const { store, stop } = maps.follow();
    await store.whenSynced(maps.rig.signal);
    maps.rig.proxy.plan('watch', { kind: 'answer', status: 500 }, 1000);
    const before = maps.rig.proxy.count('watch');
    maps.rig.proxy.cut();
    const calls = (): number => maps.rig.proxy.count('watch') - before;
    await staysTrueFor(1_500, 'few calls', () => calls() < 15);
    maps.rig.proxy.clearPlans();
    await maps.put('after');
    await until(() => maps.isCurrent(store), { withinMs: 2000 });
    await stop();
  });

  it('heeds Retry-After', async () => {
    const { store, stop } = maps.follow();
    await store.whenSynced(maps.rig.signal);
    maps.rig.proxy.plan('watch', { kind: 'answer', status: 429, retryAfter: 2 });
    const before = maps.rig.proxy.count('watch');
    maps.rig.proxy.cut();
    await until(() => maps.rig.proxy.count('watch') === before + 1);
    const tookMs = await msUntil(() => maps.rig.proxy.count('watch') === before + 2);
    expect(tookMs).toBeGreaterThan(1500);
    await stop();
  });
});
