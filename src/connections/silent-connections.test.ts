import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from '@jest/globals';
import { Arrival } from '../../test/support/fakes/arrival.ts';
import { SilentConnections } from './silent-connections.ts';

it('keeps no more connections without a word than it may: the oldest goes, all at the end', async () => {
  let isOpen = true;
  const silent = new SilentConnections(2, () => isOpen);
  const sockets = Array.from({ length: 4 }, (_, at) => new Arrival(String(at)));
  const socket = (at: number): Socket => (sockets[at] ?? new Arrival('none')).socket;
  const add = (at: number): void => silent.add(socket(at));
  add(0);
  add(1);
  silent.delete(socket(0));
  add(2);
  expect(sockets.map(({ destroyed }) => destroyed)).toEqual([false, false, false, false]);
  add(3);
  expect(sockets.map(({ destroyed }) => destroyed)).toEqual([false, true, false, false]);
  isOpen = false;
  await sleep(600);
  expect(sockets.map(({ destroyed }) => destroyed)).toEqual([false, true, true, true]);
});
