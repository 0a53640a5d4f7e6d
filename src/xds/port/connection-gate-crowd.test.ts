import { describe, expect, it } from '@jest/globals';
import { FakePeerSocket } from '../../../test/support/fakes/fake-peer-socket.ts';
import type { GatedConnection } from './gated-connection.ts';
import { ConnectionGate } from './connection-gate.ts';
import { defaultGateLimits } from './gate-limits.ts';

interface Known {
  readonly socket: FakePeerSocket;
  readonly connection: GatedConnection;
}

interface Crowd {
  readonly addresses: readonly string[];
  /** How long a connection of the crowd stays once its TLS has begun, if it is not cut before. */
  readonly staysMs?: number;
}

/**
 * The milliseconds that honest connections waited for their TLS, one after another for ten seconds. In that time each
 * address of the crowd greets again whenever it is cut or has left.
 */
function flood({ addresses, staysMs = Infinity }: Crowd, honest: string): number[] {
  let now = 0;
  let due: (() => void)[] = [];
  const soon = (turn: () => void): number => due.push(turn);
  const times = { entryMs: 20_000, helloMs: 10_000, idleMs: 2_000 };
  const limits = { ...defaultGateLimits, ...times, maxUnfinishedBytes: 2_000_000 };
  const clock = (): number => now;
  const clocks = { now: clock, elapsed: clock, later: soon, soon };
  const options = { limits, ...clocks, onCut: () => undefined };
  const gate = new ConnectionGate(options);
  const greet = (address: string): Known => {
    const socket = new FakePeerSocket(address);
    const connection = gate.arrive(socket);
    if (connection === undefined) throw new Error('no place');
    gate.handshakeDone(connection);
    return { socket, connection };
  };
  const comeBack = (known: Known): Known => {
    const { socket, connection } = known;
    if (connection.stage === 'entering' && now - connection.since >= staysMs) gate.gone(connection);
    return connection.stage === 'gone' ? greet(socket.address) : known;
  };
  let crowd = addresses.map(greet);
  const waits: number[] = [];
  let [newcomer, since]: [Known | undefined, number] = [undefined, 0];
  for (let tick = 1; tick <= 400; tick += 1) {
    now += 25;
    if (tick % 8 === 0) gate.look();
    const turns = due;
    due = [];
    for (const turn of turns) turn();
    if (newcomer === undefined && tick % 4 === 0) [newcomer, since] = [greet(honest), now];
    crowd = crowd.map(comeBack);
    if (newcomer?.socket.entered === true) {
      waits.push(now - since);
      gate.asks(newcomer.connection);
      gate.admitted(newcomer.connection);
      gate.gone(newcomer.connection);
      newcomer = undefined;
    }
  }
  return waits;
}

describe('a crowd of addresses in the gate', () => {
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
