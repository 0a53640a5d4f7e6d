import { Socket } from 'node:net';
import { expect, it } from '@jest/globals';
import { type RankedConnection, type Exchange, findFirstToYield } from './connection-rank.ts';

const moment = { now: 10_000, timeMs: 1_000 };

function connection(key: string, more: Partial<RankedConnection>): RankedConnection {
  const socket = new Socket();
  return { key, network: key, socket, exchanges: new Set(), isProven: false, since: 0, ...more };
}

function exchange(since: number, complete: boolean, writableEnded: boolean): Set<Exchange> {
  return new Set([{ since, request: { complete }, response: { writableEnded } }]);
}

it('ranks connections by what they have proven and how long they take', () => {
  const connections = [
    connection('review', { exchanges: exchange(0, true, false) }),
    connection('body', { isProven: true, exchanges: exchange(9_900, false, false) }),
    connection('first body', { exchanges: exchange(9_900, false, false), since: 9_600 }),
    connection('first body, late', { exchanges: exchange(9_900, false, false), since: 8_900 }),
    connection('unread answer', { isProven: true, exchanges: exchange(9_000, true, true) }),
    connection('late idle', { isProven: true, since: 9_990 }),
    connection('idle', { isProven: true }),
    connection('new', { since: 9_500 }),
    connection('late', { since: 8_800 }),
  ];
  const order: string[] = [];
  for (;;) {
    const least = findFirstToYield(
      connections,
      moment,
      ({ key }) => !order.some((o) => o.endsWith(`: ${key}`)),
    );
    if (least === undefined) break;
    order.push(`${least.standing}: ${least.connection.key}`);
  }
  expect(order).toEqual([
    ...['late: late', 'late: first body, late', 'slow: unread answer', 'idle: idle'],
    ...['idle: late idle', 'sending: body', 'timed: new', 'timed: first body'],
  ]);
});
