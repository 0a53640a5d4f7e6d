import { beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { FakeVisitor } from '../../../test/support/fakes/fake-visitor.ts';
import type { Guest } from './guest.ts';
import { Lobby } from './lobby.ts';
import { defaultLobbyLimits, type LobbyLimits } from './lobby-limits.ts';

const limits: LobbyLimits = {
  ...defaultLobbyLimits,
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

describe('the lobby', () => {
  let now: number;
  let turns: (() => void)[];
  let weighs: (() => void)[];
  let cuts: string[];
  let lobby: Lobby;

  beforeEach(() => {
    now = 0;
    turns = [];
    weighs = [];
    cuts = [];
    lobby = new Lobby({
      limits,
      now: () => now,
      elapsed: () => now,
      later: (turn) => turns.push(turn),
      soon: (again) => weighs.push(again),
      onCut: (reason, { visitor }) => cuts.push(`${visitor.address} ${reason}`),
    });
  });

  function arrive(address: string): { visitor: FakeVisitor; guest: Guest | undefined } {
    const visitor = new FakeVisitor(address);
    return { visitor, guest: lobby.arrive(visitor) };
  }

  function greet(address: string): { visitor: FakeVisitor; guest: Guest } {
    const { visitor, guest } = arrive(address);
    if (guest === undefined) throw new Error('no place');
    lobby.handshakeDone(guest);
    return { visitor, guest };
  }

  function takeTurns(count = Infinity): void {
    for (let turn = 0; turn < count && turns.length > 0; turn += 1) turns.shift()?.();
  }

  function wait(ms: number): void {
    now += ms;
    lobby.look();
    lobby.weighAll();
    takeTurns();
    weigh();
  }

  function weigh(): void {
    for (const again of weighs.splice(0)) again();
  }

  it('lets nobody begin TLS who has not greeted, and cuts who does not in time', () => {
    const { visitor } = arrive('a');
    takeTurns();
    expect(visitor.entered).toBe(false);
    wait(1_001);
    expect(visitor.isCut).toBe(true);
    expect(cuts).toEqual(['a slow']);
  });

  it('begins a few at a time, between other work', () => {
    const all = ['a', 'b', 'c'].map(greet);
    takeTurns(1);
    expect(all.filter(({ visitor }) => visitor.entered)).toHaveLength(2);
    takeTurns(1);
    expect(all.every(({ visitor }) => visitor.entered)).toBe(true);
  });

  it('gives an address its share of the places, and the next address its own at once', () => {
    const greedy = Array.from({ length: 5 }, () => greet('a'));
    takeTurns();
    expect(greedy.filter(({ visitor }) => visitor.entered)).toHaveLength(3);
    const { visitor } = greet('b');
    takeTurns();
    expect(visitor.entered).toBe(true);
  });

  it('gives the place of who is slow to who waits, and to nobody else', () => {
    const [first, ...others] = Array.from({ length: 3 }, () => greet('a'));
    takeTurns();
    wait(600);
    expect(first?.visitor.isCut).toBe(false);
    const { visitor } = greet('a');
    wait(1);
    expect(first?.visitor.isCut).toBe(true);
    expect(others.some((other) => other.visitor.isCut)).toBe(false);
    expect(visitor.entered).toBe(true);
  });

  it('drops those of an address that are silent for the next of it, and of the greediest for others', () => {
    const silent = Array.from({ length: 6 }, () => arrive('a'));
    const next = arrive('a');
    expect(silent[0]?.visitor.isCut).toBe(true);
    expect(next.guest).toBeDefined();
    for (let count = 0; count < 6; count += 1) arrive('b');
    expect(arrive('c').guest).toBeDefined();
    expect(cuts.filter((line) => line === 'a too-many' || line === 'b too-many')).toHaveLength(2);
  });

  it('cuts who sends more than a greeting, or than a first message, before it is admitted', () => {
    const [early, late] = [greet('a'), greet('b')];
    early.visitor.bytesRead = 101;
    lobby.look();
    expect(early.visitor.isCut).toBe(true);
    takeTurns();
    late.visitor.bytesRead = 1_001;
    weigh();
    expect(cuts).toEqual(['a too-many-bytes', 'b too-many-bytes']);
  });

  it('cuts a connection with one call too many since the last that was admitted', () => {
    const { visitor, guest } = greet('a');
    takeTurns();
    const most = Array.from({ length: limits.maxCallsUnadmitted }, () => lobby.called(guest));
    expect(most).not.toContain(false);
    lobby.admitted(guest);
    expect(most.map(() => lobby.called(guest))).toEqual(most);
    expect([lobby.called(guest), visitor.isCut]).toEqual([false, true]);
    expect([lobby.called(guest), cuts]).toEqual([false, ['a too-many-calls']]);
  });

  it('leaves a connection a moment after a refusal, and goes on if another call is admitted', () => {
    const [refused, admitted] = [greet('a'), greet('b')];
    takeTurns();
    for (const { guest } of [refused, admitted]) lobby.refused(guest);
    lobby.admitted(admitted.guest);
    wait(101);
    expect([refused.visitor.isCut, admitted.visitor.isCut]).toEqual([true, false]);
  });

  it('cuts a connection that pours on when its call is over', () => {
    const { visitor, guest } = greet('a');
    takeTurns();
    lobby.admitted(guest);
    visitor.bytesRead = 5_000;
    lobby.ended(guest, true);
    visitor.bytesRead += limits.maxEntryBytes;
    weigh();
    expect(visitor.isCut).toBe(false);
    visitor.bytesRead += 1;
    weigh();
    expect(cuts).toEqual(['a too-many-bytes']);
  });

  it('ends a connection on which no call is admitted any more', () => {
    const [{ visitor, guest }, other] = [greet('a'), greet('b')];
    takeTurns();
    for (const one of [guest, guest, other.guest]) lobby.admitted(one);
    lobby.ended(guest, false);
    wait(10_000);
    expect(visitor.isCut).toBe(false);
    lobby.ended(guest, false);
    lobby.ended(other.guest, true);
    wait(1_000);
    expect([visitor.isCut, other.visitor.isCut]).toEqual([false, true]);
    wait(1_001);
    expect(visitor.isCut).toBe(true);
  });

  it('counts what is no whole message: too much of one, and the largest when all have too much', () => {
    const all = ['a', 'b', 'c'].map(greet);
    takeTurns();
    for (const { guest } of all) lobby.admitted(guest);
    const [a, b, c] = all.map(({ visitor }) => visitor) as [FakeVisitor, FakeVisitor, FakeVisitor];
    a.bytesRead = 2_000_001;
    weigh();
    expect(a.isCut).toBe(true);
    [b.bytesRead, c.bytesRead] = [1_300_000, 1_400_000];
    weigh();
    expect([b.isCut, c.isCut]).toEqual([false, true]);
    all[1]?.guest.settle(() => now, 0);
    b.bytesRead += 1_900_000;
    for (let look = 0; look < 10; look += 1) wait(1_000);
    expect(b.isCut).toBe(false);
  });

  it('looks at heavy ones often from the look at all that found them on', () => {
    const { visitor, guest } = greet('a');
    takeTurns();
    lobby.admitted(guest);
    for (let look = 0; look < 3; look += 1) wait(1_000);
    weigh();
    expect(weighs).toEqual([]);
    visitor.bytesRead = 1_000_000;
    lobby.weighAll();
    visitor.bytesRead = 2_000_001;
    weigh();
    expect(visitor.isCut).toBe(true);
  });

  it('gives who has its token checked more time than who says nothing', () => {
    const [asks, silent] = [greet('a'), greet('a')];
    greet('a');
    takeTurns();
    lobby.asks(asks.guest);
    greet('a');
    wait(301);
    expect([asks.visitor.isCut, silent.visitor.isCut]).toEqual([false, true]);
  });

  it('H9: cuts a connection whose pace of bytes that are no message is that of no proxy', () => {
    const [honest, hostile] = [greet('a'), greet('b')];
    takeTurns();
    for (const { guest } of [honest, hostile]) lobby.admitted(guest);
    for (let turn = 0; turn < 100; turn += 1) {
      now += 100;
      honest.visitor.bytesRead += 1_200_000;
      lobby.messageEnded(honest.guest, 600_000);
      lobby.messageEnded(honest.guest, 595_000);
      hostile.visitor.bytesRead += 500_000;
      lobby.messageEnded(hostile.guest, 10);
    }
    expect(cuts).toEqual(['b too-many-bytes']);
  });

  interface Known {
    readonly visitor: FakeVisitor;
    readonly guest: Guest;
  }

  function act(what: string, { visitor, guest }: Known, elsewhere: boolean): void {
    if (what === 'greet') lobby.handshakeDone(guest);
    if (what === 'admit' && visitor.entered) lobby.admitted(guest);
    if (what === 'refuse') lobby.refused(guest);
    if (what === 'end' && guest.calls > 0) lobby.ended(guest, elsewhere);
    if (what === 'gone') lobby.gone(guest);
  }

  it('never holds more than its places, whatever happens, and forgets all who are gone', () => {
    const step = fc.tuple(
      fc.constantFrom('arrive', 'greet', 'admit', 'refuse', 'end', 'gone', 'turn', 'wait'),
      fc.nat(30),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        now = 0;
        turns = [];
        weighs = [];
        const guests: Known[] = [];
        lobby = new Lobby({
          limits,
          now: () => now,
          elapsed: () => now,
          later: (turn) => turns.push(turn),
          soon: (again) => weighs.push(again),
          onCut: () => undefined,
        });
        for (const [what, number] of steps) {
          const known = guests[number % Math.max(1, guests.length)];
          if (what === 'arrive') {
            const { visitor, guest } = arrive(`a${number % 4}`);
            if (guest !== undefined) guests.push({ visitor, guest });
          } else if (what === 'turn') takeTurns(1);
          else if (what === 'wait') wait(number * 50);
          else if (known !== undefined) act(what, known, number > 15);
          const at = (stage: string): Guest[] =>
            guests.map(({ guest }) => guest).filter((guest) => guest.stage === stage);
          expect(at('entering').length).toBeLessThanOrEqual(limits.maxEntering);
          expect(at('silent').length + at('queued').length).toBeLessThanOrEqual(limits.maxWaiting);
          expect(at('idle').length).toBeLessThanOrEqual(limits.maxIdle);
          expect(lobby.size).toBe(guests.filter(({ guest }) => guest.stage !== 'gone').length);
        }
        for (const { guest } of guests) lobby.gone(guest);
        expect(lobby.size).toBe(0);
      }),
    );
  });
});
