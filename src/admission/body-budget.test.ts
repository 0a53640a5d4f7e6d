import { describe, expect, it, jest } from '@jest/globals';
import { type Body, BodyBudget } from './body-budget.ts';

const limits = { total: 100, perAddress: 60, slowMs: 500, waitMs: 100, waitBytes: 60 };

function start(): {
  readonly ask: (network: string, bytes: number) => Asked;
  readonly later: (ms: number) => void;
} {
  let now = 0;
  const of = new BodyBudget(limits, () => now);
  const ask = (network: string, bytes: number): Asked => {
    const end = jest.fn();
    const body: Body = { network, bytes, end };
    return { end, room: Promise.resolve(of.reserve(body)), release: () => of.release(body) };
  };
  return { ask, later: (ms) => (now += ms) };
}

interface Asked {
  readonly end: jest.Mock;
  readonly room: Promise<boolean>;
  readonly release: () => void;
}

const ended = (bodies: readonly Asked[]): readonly number[] =>
  bodies.map(({ end }) => end.mock.calls.length);

async function isWaiting({ room }: Asked): Promise<boolean> {
  const first = await Promise.race([room, Promise.resolve('waits')]);
  return first === 'waits';
}

describe('BodyBudget', () => {
  it('gives an address its share and no more, in one body or in many', async () => {
    const { ask } = start();
    expect(await Promise.all([ask('a', 40).room, ask('a', 20).room])).toEqual([true, true]);
    expect(await isWaiting(ask('a', 1))).toBe(true);
    expect(await ask('b', 61).room).toBe(false);
  });

  it('lets a large body of one address in although small ones wait for the share of another', async () => {
    const { ask } = start();
    const [held, waits] = [ask('a', 60), ask('a', 20)];
    expect([await held.room, await isWaiting(waits)]).toEqual([true, true]);
    expect(await ask('b', 30).room).toBe(true);
    expect(await isWaiting(waits)).toBe(true);
  });

  it('gives released room once, to the waiting bodies, the small bodies first', async () => {
    const { ask } = start();
    const first = ask('a', 60);
    const [large, small] = [ask('a', 50), ask('a', 20)];
    first.release();
    first.release();
    expect(await small.room).toBe(true);
    expect(await isWaiting(large)).toBe(true);
    small.release();
    expect(await large.room).toBe(true);
  });

  it('ends the oldest body of an address that is slow, when another needs its room', async () => {
    const { ask, later } = start();
    const held = [ask('a', 30), ask('a', 30)];
    later(400);
    const waits = ask('a', 10);
    expect(await isWaiting(waits)).toBe(true);
    later(101);
    expect(await waits.room).toBe(true);
    expect(ended(held)).toEqual([1, 0]);
  });

  it('ends slow bodies of all addresses for a body whose address would hold no less', async () => {
    const { ask, later } = start();
    const held = [ask('a', 40), ask('b', 40)];
    later(501);
    expect(await ask('c', 60).room).toBe(true);
    expect(ended(held)).toEqual([1, 0]);
  });

  it('lets no body wait for ever, and holds nothing for a body that left during its wait', async () => {
    const { ask, later } = start();
    const [held, late, left] = [ask('a', 60), ask('a', 60), ask('a', 60)];
    left.release();
    expect(await left.room).toBe(false);
    later(101);
    expect(await late.room).toBe(false);
    held.release();
    expect(await ask('a', 60).room).toBe(true);
  });

  it('ends the largest body of the address that holds most for an address that will hold less', async () => {
    const { ask } = start();
    const held = [ask('a', 15), ask('a', 45), ask('b', 40)];
    expect(await ask('c', 30).room).toBe(true);
    expect(ended(held)).toEqual([0, 1, 0]);
  });

  it('ends nothing fresh for an address that would hold no less than the others', async () => {
    const { ask } = start();
    const held = [ask('a', 45), ask('b', 45)];
    expect(await isWaiting(ask('c', 45))).toBe(true);
    expect(await isWaiting(ask('a', 11))).toBe(true);
    expect(ended(held)).toEqual([0, 0]);
    expect(await ask('c', 44).room).toBe(true);
    expect(ended(held)).toEqual([1, 0]);
  });
});
