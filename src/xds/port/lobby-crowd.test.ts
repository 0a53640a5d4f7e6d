import { describe, expect, it } from '@jest/globals';
import { FakeVisitor } from '../../../test/support/fakes/fake-visitor.ts';
import type { Guest } from './guest.ts';
import { Lobby } from './lobby.ts';
import { defaultLobbyLimits } from './lobby-limits.ts';

interface Known {
  readonly visitor: FakeVisitor;
  readonly guest: Guest;
}

interface Crowd {
  readonly addresses: readonly string[];
  /** How long a connection of the crowd stays once its TLS has begun, if it is not cut before. */
  readonly staysMs?: number;
}

/**
 * The milliseconds that honest connections waited for their TLS, one after another for ten seconds. Meanwhile each
 * address of the crowd greets again whenever it is cut or has left.
 */
function flood({ addresses, staysMs = Infinity }: Crowd, honest: string): number[] {
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
    lobby.handshakeDone(guest);
    return { visitor, guest };
  };
  const comeBack = (known: Known): Known => {
    const { visitor, guest } = known;
    if (guest.stage === 'entering' && now - guest.since >= staysMs) lobby.gone(guest);
    return guest.stage === 'gone' ? greet(visitor.address) : known;
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
    if (newcomer === undefined && tick % 4 === 0) [newcomer, since] = [greet(honest), now];
    crowd = crowd.map(comeBack);
    if (newcomer?.visitor.entered === true) {
      waits.push(now - since);
      lobby.asks(newcomer.guest);
      lobby.admitted(newcomer.guest);
      lobby.gone(newcomer.guest);
      newcomer = undefined;
    }
  }
  return waits;
}

describe('a crowd of addresses in the lobby', () => {
  const addresses = Array.from({ length: 690 }, (_, host) => `10.1.${host >> 8}.${host & 255}`);

  it('H4: gives a new address its turn within a second of a crowd of 690 that speak TLS alone', () => {
    const waits = flood({ addresses }, '10.9.9.9');
    expect(waits.length).toBeGreaterThan(10);
    expect(Math.max(...waits)).toBeLessThan(1_000);
  });

  it('H4: does so when the crowd leaves before it is cut', () => {
    const waits = flood({ addresses, staysMs: 150 }, '10.9.9.9');
    expect(waits.length).toBeGreaterThan(10);
    expect(Math.max(...waits)).toBeLessThan(1_000);
  });

  it('H4: counts an IPv6 /64 once', () => {
    const crowd = Array.from({ length: 1_400 }, (_, host) => `2001:db8::${host.toString(16)}`);
    const waits = flood({ addresses: crowd }, '2001:db8:1::1');
    expect(Math.max(...waits)).toBeLessThanOrEqual(25);
  });
});
