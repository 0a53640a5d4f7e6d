import { expect, it } from '@jest/globals';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { makeSet } from '../../../test/support/resources/resource-sets.ts';
import type { ResourceSet } from '../resources/resource.ts';
import type { Connection } from './connection.ts';
import type { Connections } from './connections.ts';
import type { XdsMetrics } from '../port/metrics.ts';
import { Push } from './push.ts';

/** Streams that only count what they are offered. */
function makeStreams(count: number): { readonly all: Connections; readonly offered: () => number } {
  let offered = 0;
  const streams = Array.from({ length: count }, () => ({
    ...{ ended: undefined, proxy: {}, session: { offered: undefined } },
    offer: () => (offered += 1),
  }));
  const all = Object.assign(streams as unknown as Connection[], { note: () => undefined });
  return { all: all as unknown as Connections, offered: () => offered };
}

it.each([
  ['64 streams, when what is offered is there', 0, 64],
  ['a stream, when what is offered takes long to make', 15, 1],
])('other work has its turn after %s', async (_what, makingMs, first) => {
  const { all, offered } = makeStreams(100);
  const push = new Push(all, { pushed: () => undefined } as unknown as XdsMetrics);
  const set = makeSet();
  const make = (): ResourceSet => {
    const began = performance.now();
    while (performance.now() - began < makingMs);
    return set;
  };
  push.publish(make);
  expect(offered()).toBeLessThanOrEqual(first);
  expect(offered()).toBeGreaterThan(0);
  while (offered() < 100) await nextTurn();
});
