import { describe, expect, it } from '@jest/globals';
import { FakeVisitor } from '../../../test/fakes/fake-visitor.ts';
import type { Guest } from './guest.ts';
import { Lobby } from './lobby.ts';
import { defaultLobbyLimits } from './lobby-limits.ts';

interface Known {
  readonly visitor: FakeVisitor;
  readonly guest: Guest;
}

/** Ten seconds in which each of these addresses greets again whenever it is cut, and the last one now and then. */
function flood(addresses: readonly string[], honest: string): number[] {
  let now = 0;
  let due: (() => void)[] = [];
  const soon = (turn: () => void): number => due.push(turn);
  const times = { entryMs: 20_000, helloMs: 10_000, idleMs: 2_000 };
  const limits = { ...defaultLobbyLimits, ...times, maxUnfinishedBytes: 2_000_000 };
  const clock = (): number => now;
  const clocks = { now: clock, elapsed: clock, later: soon, soon };
  const options = { limits, ...clocks, onCut: () => undefined };
  const lobby = new Lobby(options);
  const greet = (address: string): Known => {
    const visitor = new FakeVisitor(address);
    const guest = lobby.arrive(visitor);
    if (guest === undefined) throw new Error('no place');
    lobby.greeted(guest);
    return { visitor, guest };
  };
  let crowd = addresses.map(greet);
  const waits: number[] = [];
  let [newcomer, since]: [Known | undefined, number] = [undefined, 0];
  for (let tick = 1; tick <= 400; tick += 1) {
    now += 25;
    if (tick % 8 === 0) lobby.look();
    const turns = due;
    due = [];
    for (const turn of turns) turn();
    crowd = crowd.map((known) => (known.visitor.isCut ? greet(known.visitor.address) : known));
    if (newcomer?.visitor.entered === true) {
      waits.push(now - since);
      lobby.gone(newcomer.guest);
      newcomer = undefined;
    } else if (newcomer === undefined) [newcomer, since] = [greet(honest), now];
  }
  return waits;
}

describe('a crowd of addresses in the lobby', () => {
  it('H4: gives a new address its turn within a second of a crowd of 690 that speak TLS alone', () => {
    const crowd = Array.from({ length: 690 }, (_, host) => `10.1.${host >> 8}.${host & 255}`);
    const waits = flood(crowd, '10.9.9.9');
    expect(waits.length).toBeGreaterThan(10);
    expect(Math.max(...waits)).toBeLessThan(1_000);
  });

  it('H4: counts an IPv6 /64 once', () => {
    const crowd = Array.from({ length: 1_400 }, (_, host) => `2001:db8::${host.toString(16)}`);
    const waits = flood(crowd, '2001:db8:1::1');
    expect(Math.max(...waits)).toBeLessThanOrEqual(25);
  });
});
