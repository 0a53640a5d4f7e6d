import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { Connections } from '../server/connections.ts';
import { EvidenceWatch } from './evidence-watch.ts';

/** So many streams, all of them behind, none of which was offered anything. */
function streams(count: number): Connections {
  const unsettled = Array.from({ length: count }, (_, at) => ({
    proxy: { uid: String(at), pod: `shop/p${at}` },
    session: { outstandingParts: () => [], refusals: () => [] },
  }));
  const map = new Map(unsettled.map(({ proxy: { uid, pod } }) => [uid, { pod, opened: 0 }]));
  return {
    ...{ unsettled: new Set(unsettled), groups: new Map(), channel: 0, size: count, streams: map },
  } as unknown as Connections;
}

describe('EvidenceWatch', () => {
  beforeEach(() => {
    jest.useFakeTimers();
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  it('is exact at each call while few are behind', () => {
    const watch = new EvidenceWatch();
    for (const count of [1, 64, 2]) {
      watch.attach(streams(count));
      watch.touch();
      expect(watch.current().connected).toBe(count);
    }
  });

  it('counts many streams at intervals, and sends the last count to all watchers', async () => {
    const watch = new EvidenceWatch();
    const counts: number[] = [];
    watch.attach(streams(100));
    watch.touch();
    watch.watch(({ connected }) => counts.push(connected));
    expect(counts).toEqual([100]);
    watch.attach(streams(200));
    watch.touch();
    expect(watch.current().connected).toBe(100);
    await jest.advanceTimersByTimeAsync(1_500);
    expect(counts).toEqual([100, 200]);
    expect(watch.current().connected).toBe(200);
  });

  it('begins with the current count, also when many streams were counted just now', () => {
    const watch = new EvidenceWatch();
    watch.attach(streams(100));
    watch.touch();
    watch.current();
    watch.attach(streams(300));
    watch.touch();
    const counts: number[] = [];
    watch.watch(({ connected }) => counts.push(connected));
    expect(counts).toEqual([300]);
  });
});
