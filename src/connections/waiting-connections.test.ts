import { describe, expect, it } from '@jest/globals';
import type { Room } from './connection-shares.ts';
import { Arrival } from '../../test/support/fakes/arrival.ts';
import { WaitingConnections } from './waiting-connections.ts';

interface Line {
  readonly add: (name: string, address: string) => Arrival;
  readonly take: () => string | undefined;
}

function line(most: number, room: (network: string) => Room, slow: readonly string[] = []): Line {
  const waiting = new WaitingConnections(most, {
    limits: { total: 4, perAddress: 2 },
    look: () => room,
    isSlow: (network) => slow.includes(network),
    isCrowded: () => false,
  });
  const add = (name: string, address: string): Arrival => {
    const arrival = new Arrival(name, address);
    waiting.add(arrival.socket);
    return arrival;
  };
  return { add, take: () => (waiting.take() as unknown as Arrival | undefined)?.name };
}

describe('connections that wait', () => {
  it('are taken in order, those of a network that has its share after all others', () => {
    const { add, take } = line(9, (network) => (network === '10.0.0.1' ? 'own' : 'free'));
    add('greedy', '10.0.0.1');
    add('first', '10.0.0.2');
    add('second', '10.0.0.3');
    add('third', '10.0.0.2');
    expect([take(), take(), take(), take(), take()]).toEqual([
      ...['first', 'second', 'third', 'greedy', undefined],
    ]);
  });

  it('of a network without room delay no other network, and those of a slow network come last', () => {
    const room = (network: string): Room => (network === '10.0.0.1' ? 'none' : 'free');
    const { add, take } = line(9, room, ['10.0.0.3']);
    add('stuck', '10.0.0.1');
    add('slow', '10.0.0.3');
    add('first', '10.0.0.2');
    expect([take(), take(), take()]).toEqual(['first', 'slow', undefined]);
  });

  it('take no turn once they are gone', () => {
    const { add, take } = line(9, () => 'free');
    add('gone', '10.0.0.1').destroy();
    add('first', '10.0.0.1');
    expect([take(), take()]).toEqual(['first', undefined]);
  });

  it('are bounded: the newest of the network that has most of them goes', () => {
    const { add } = line(3, () => 'none');
    const crowd = [add('first', '10.0.0.1'), add('second', '10.0.0.1')];
    const honest = [add('third', '10.0.0.2'), add('fourth', '10.0.0.2')];
    expect(crowd.map(({ destroyed }) => destroyed)).toEqual([false, true]);
    const own = add('fifth', '10.0.0.2');
    expect(honest.map(({ destroyed }) => destroyed)).toEqual([false, false]);
    expect(own.destroyed).toBe(true);
  });

  it('are bounded: a connection of a slow network is closed first', () => {
    const { add } = line(3, () => 'none', ['10.0.0.9']);
    const slow = add('slow', '10.0.0.9');
    const burst = ['first', 'second', 'third'].map((name) => add(name, '10.0.0.1'));
    expect(burst.some(({ destroyed }) => destroyed)).toBe(false);
    expect(slow.destroyed).toBe(true);
  });
});
