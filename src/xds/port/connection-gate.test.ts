import { beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { FakePeerSocket } from '../../../test/support/fakes/fake-peer-socket.ts';
import type { GatedConnection } from './gated-connection.ts';
import { ConnectionGate } from './connection-gate.ts';
import { defaultGateLimits, type GateLimits } from './gate-limits.ts';

const limits: GateLimits = {
  ...defaultGateLimits,
  ...{ maxWaiting: 12, maxWaitingPerAddress: 6, maxEntering: 6, maxEnteringPerAddress: 3 },
  ...{ maxIdle: 2, startsPerTurn: 2, maxHelloBytes: 100, maxEntryBytes: 1_000 },
  ...{ helloMs: 1_000, entryMs: 5_000, yieldMs: 500, refusedMs: 100, idleMs: 2_000 },
  ...{
    maxUnfinishedBytes: 2_000_000,
    maxUnfinishedBytesOfAll: 2_500_000,
    silentYieldMs: 300,
    shortYieldMs: 300,
  },
};

describe('the gate', () => {
  let now: number;
  let turns: (() => void)[];
  let weighs: (() => void)[];
  let cuts: string[];
  let gate: ConnectionGate;

  const reset = (): void => {
    now = 0;
    turns = [];
    weighs = [];
    cuts = [];
    gate = new ConnectionGate({
      limits,
      now: () => now,
      elapsed: () => now,
      later: (turn) => turns.push(turn),
      soon: (again) => weighs.push(again),
      onCut: (reason, { socket }) => cuts.push(`${socket.address} ${reason}`),
    });
  };
  beforeEach(reset);

  function arrive(address: string): {
    socket: FakePeerSocket;
    connection: GatedConnection | undefined;
  } {
    const socket = new FakePeerSocket(address);
    return { socket, connection: gate.arrive(socket) };
  }

  function greet(address: string): { socket: FakePeerSocket; connection: GatedConnection } {
    const { socket, connection } = arrive(address);
    if (connection === undefined) throw new Error('no place');
    gate.handshakeDone(connection);
    return { socket, connection };
  }

  function takeTurns(count = Infinity): void {
    for (let turn = 0; turn < count && turns.length > 0; turn += 1) turns.shift()?.();
  }

  function wait(ms: number): void {
    now += ms;
    gate.look();
    gate.weighAll();
    takeTurns();
    weigh();
  }

  function weigh(): void {
    for (const again of weighs.splice(0)) again();
  }

  it('lets no client begin TLS before its ClientHello, and closes a connection that sends none in time', () => {
    const { socket } = arrive('a');
    takeTurns();
    expect(socket.entered).toBe(false);
    wait(1_001);
    expect(socket.isCut).toBe(true);
    expect(cuts).toEqual(['a slow']);
  });

  it('begins a few at a time, between other work', () => {
    const all = ['a', 'b', 'c'].map(greet);
    takeTurns(1);
    expect(all.filter(({ socket }) => socket.entered)).toHaveLength(2);
    takeTurns(1);
    expect(all.every(({ socket }) => socket.entered)).toBe(true);
  });

  it('gives an address its share of the places, and the next address its own at once', () => {
    const greedy = Array.from({ length: 5 }, () => greet('a'));
    takeTurns();
    expect(greedy.filter(({ socket }) => socket.entered)).toHaveLength(3);
    const { socket } = greet('b');
    takeTurns();
    expect(socket.entered).toBe(true);
  });

  it('gives the place of a slow connection to a waiting connection, and to no other', () => {
    const [first, ...others] = Array.from({ length: 3 }, () => greet('a'));
    takeTurns();
    wait(600);
    expect(first?.socket.isCut).toBe(false);
    const { socket } = greet('a');
    wait(1);
    expect(first?.socket.isCut).toBe(true);
    expect(others.some((other) => other.socket.isCut)).toBe(false);
    expect(socket.entered).toBe(true);
  });

  it('drops those of an address that are silent for the next of it, and of the greediest for others', () => {
    const silent = Array.from({ length: 6 }, () => arrive('a'));
    const next = arrive('a');
    expect(silent[0]?.socket.isCut).toBe(true);
    expect(next.connection).toBeDefined();
    for (let count = 0; count < 6; count += 1) arrive('b');
    expect(arrive('c').connection).toBeDefined();
    expect(cuts.filter((line) => line === 'a too-many' || line === 'b too-many')).toHaveLength(2);
  });

  it('closes a connection that sends more than a ClientHello, or than a first message, before it is admitted', () => {
    const [early, late] = [greet('a'), greet('b')];
    early.socket.bytesRead = 101;
    gate.look();
    expect(early.socket.isCut).toBe(true);
    takeTurns();
    late.socket.bytesRead = 1_001;
    weigh();
    expect(cuts).toEqual(['a too-many-bytes', 'b too-many-bytes']);
  });

  it('cuts a connection with one call too many since the last that was admitted', () => {
    const { socket, connection } = greet('a');
    takeTurns();
    const most = Array.from({ length: limits.maxCallsUnadmitted }, () => gate.called(connection));
    expect(most).not.toContain(false);
    gate.admitted(connection);
    expect(most.map(() => gate.called(connection))).toEqual(most);
    expect([gate.called(connection), socket.isCut]).toEqual([false, true]);
    expect([gate.called(connection), cuts]).toEqual([false, ['a too-many-calls']]);
  });

  it('leaves a connection a moment after a refusal, and goes on if another call is admitted', () => {
    const [refused, admitted] = [greet('a'), greet('b')];
    takeTurns();
    for (const { connection } of [refused, admitted]) gate.refused(connection);
    gate.admitted(admitted.connection);
    wait(101);
    expect([refused.socket.isCut, admitted.socket.isCut]).toEqual([true, false]);
  });

  it('cuts a connection that pours on when its call is over', () => {
    const { socket, connection } = greet('a');
    takeTurns();
    gate.admitted(connection);
    socket.bytesRead = 5_000;
    gate.ended(connection, true);
    socket.bytesRead += limits.maxEntryBytes;
    weigh();
    expect(socket.isCut).toBe(false);
    socket.bytesRead += 1;
    weigh();
    expect(cuts).toEqual(['a too-many-bytes']);
  });

  it('ends a connection on which no call is admitted any more', () => {
    const [{ socket, connection }, other] = [greet('a'), greet('b')];
    takeTurns();
    for (const one of [connection, connection, other.connection]) gate.admitted(one);
    gate.ended(connection, false);
    wait(10_000);
    expect(socket.isCut).toBe(false);
    gate.ended(connection, false);
    gate.ended(other.connection, true);
    wait(1_000);
    expect([socket.isCut, other.socket.isCut]).toEqual([false, true]);
    wait(1_001);
    expect(socket.isCut).toBe(true);
  });

  it('counts incomplete messages: too much of one connection, and the largest when all have too much', () => {
    const all = ['a', 'b', 'c'].map(greet);
    takeTurns();
    for (const { connection } of all) gate.admitted(connection);
    const [a, b, c] = all.map(({ socket }) => socket) as [
      FakePeerSocket,
      FakePeerSocket,
      FakePeerSocket,
    ];
    a.bytesRead = 2_000_001;
    weigh();
    expect(a.isCut).toBe(true);
    [b.bytesRead, c.bytesRead] = [1_300_000, 1_400_000];
    weigh();
    expect([b.isCut, c.isCut]).toEqual([false, true]);
    all[1]?.connection.settle(() => now, 0);
    b.bytesRead += 1_900_000;
    for (let look = 0; look < 10; look += 1) wait(1_000);
    expect(b.isCut).toBe(false);
  });

  it('looks at heavy ones often from the look at all that found them on', () => {
    const { socket, connection } = greet('a');
    takeTurns();
    gate.admitted(connection);
    for (let look = 0; look < 3; look += 1) wait(1_000);
    weigh();
    expect(weighs).toEqual([]);
    socket.bytesRead = 1_000_000;
    gate.weighAll();
    socket.bytesRead = 2_000_001;
    weigh();
    expect(socket.isCut).toBe(true);
  });

  it('gives a connection with a token under check more time than a silent connection', () => {
    const [asks, silent] = [greet('a'), greet('a')];
    greet('a');
    takeTurns();
    gate.asks(asks.connection);
    greet('a');
    wait(301);
    expect([asks.socket.isCut, silent.socket.isCut]).toEqual([false, true]);
  });

  it('H9: cuts a connection whose pace of bytes that are no message is that of no proxy', () => {
    const [honest, hostile] = [greet('a'), greet('b')];
    takeTurns();
    for (const { connection } of [honest, hostile]) gate.admitted(connection);
    for (let turn = 0; turn < 100; turn += 1) {
      now += 100;
      honest.socket.bytesRead += 1_200_000;
      gate.messageEnded(honest.connection, 600_000);
      gate.messageEnded(honest.connection, 595_000);
      hostile.socket.bytesRead += 500_000;
      gate.messageEnded(hostile.connection, 10);
    }
    expect(cuts).toEqual(['b too-many-bytes']);
  });

  interface Known {
    readonly socket: FakePeerSocket;
    readonly connection: GatedConnection;
  }

  function act(what: string, { socket, connection }: Known, elsewhere: boolean): void {
    if (what === 'greet') gate.handshakeDone(connection);
    if (what === 'admit' && socket.entered) gate.admitted(connection);
    if (what === 'refuse') gate.refused(connection);
    if (what === 'end' && connection.calls > 0) gate.ended(connection, elsewhere);
    if (what === 'gone') gate.gone(connection);
  }

  it('never holds more than its places, whatever happens, and forgets all closed connections', () => {
    const step = fc.tuple(
      fc.constantFrom('arrive', 'greet', 'admit', 'refuse', 'end', 'gone', 'turn', 'wait'),
      fc.nat(30),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        reset();
        const connections: Known[] = [];
        for (const [what, number] of steps) {
          const known = connections[number % Math.max(1, connections.length)];
          if (what === 'arrive') {
            const { socket, connection } = arrive(`a${number % 4}`);
            if (connection !== undefined) connections.push({ socket, connection });
          } else if (what === 'turn') takeTurns(1);
          else if (what === 'wait') wait(number * 50);
          else if (known !== undefined) act(what, known, number > 15);
          const at = (stage: string): GatedConnection[] =>
            connections
              .map(({ connection }) => connection)
              .filter((connection) => connection.stage === stage);
          expect(at('entering').length).toBeLessThanOrEqual(limits.maxEntering);
          expect(at('silent').length + at('queued').length).toBeLessThanOrEqual(limits.maxWaiting);
          expect(at('idle').length).toBeLessThanOrEqual(limits.maxIdle);
          expect(gate.size).toBe(
            connections.filter(({ connection }) => connection.stage !== 'gone').length,
          );
        }
        for (const { connection } of connections) gate.gone(connection);
        expect(gate.size).toBe(0);
      }),
    );
  });
});
