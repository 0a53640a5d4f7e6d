import { Readable } from 'node:stream';
import { expect, it } from '@jest/globals';
import { SmallParts } from './small-parts.ts';

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const empty = (messages: number): Buffer => Buffer.alloc(5 * messages);

/** A call whose reader takes a piece when it is told to, as grpc-js does. */
function watched(): {
  readonly call: Readable;
  readonly sizes: number[];
  readonly ends: () => boolean;
} {
  const call = new Readable({ read: () => undefined });
  const sizes: number[] = [];
  let ended = false;
  new SmallParts().watch(call as never);
  call.on('data', (piece: Buffer) => {
    sizes.push(piece.length / 5);
    call.pause();
  });
  call.on('end', () => (ended = true));
  return { call, sizes, ends: () => ended };
}

it('hands a few messages on as they come', async () => {
  const { call, sizes } = watched();
  call.push(empty(16));
  await turn();
  expect(sizes).toEqual([16]);
});

it('hands many on in parts, each when the part before was taken, and the end after all', async () => {
  const { call, sizes, ends } = watched();
  expect(call.push(empty(40))).toBe(false);
  call.push(empty(3));
  call.push(null);
  for (let wait = 0; wait < 5; wait += 1) await turn();
  expect(sizes).toEqual([16]);
  for (const all of [
    [16, 16],
    [16, 16, 8],
    [16, 16, 8, 3],
  ]) {
    expect(ends()).toBe(false);
    call.resume();
    for (let wait = 0; wait < 5; wait += 1) await turn();
    expect(sizes).toEqual(all);
  }
  call.resume();
  for (let wait = 0; wait < 5; wait += 1) await turn();
  expect(ends()).toBe(true);
});

it('drops what waits of a call that is gone', async () => {
  const { call, sizes } = watched();
  call.push(empty(40));
  await turn();
  call.destroy();
  call.resume();
  for (let wait = 0; wait < 5; wait += 1) await turn();
  expect(sizes).toEqual([16]);
});
