import { EventEmitter } from 'node:events';
import type { Server } from 'node:tls';
import { setImmediate as turn, setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import type { Room } from './connection-shares.ts';
import { Arrival } from '../../test/support/fakes/arrival.ts';
import { beginHandshakesInTurn, readsInTurn } from './handshakes-in-turn.ts';

/** A ClientHello of one byte. */
const hello = Buffer.from([0x16, 3, 1, 0, 5, 1, 0, 0, 1, 0]);

interface Started {
  readonly server: EventEmitter & { pauseOnConnect: boolean; listening: boolean };
  /** A connection comes and greets. */
  readonly greet: (arrival: Arrival) => void;
  readonly begun: string[];
  /** Whether the server paused new connections while each of them began. */
  readonly pauses: boolean[];
}

function start(room: (network: string) => Room = () => 'free'): Started {
  const server = Object.assign(new EventEmitter(), { ...readsInTurn, listening: true });
  const begun: string[] = [];
  const pauses: boolean[] = [];
  server.on('connection', ({ name }: Arrival) => {
    begun.push(name);
    pauses.push(server.pauseOnConnect);
  });
  beginHandshakesInTurn(server as unknown as Server, {
    limits: { total: 4, perAddress: 2 },
    look: () => room,
    isSlow: () => false,
    isCrowded: () => false,
  });
  const greet = (arrival: Arrival): void => {
    server.emit('connection', arrival);
    arrival.say(hello);
  };
  return { server, greet, begun, pauses };
}

describe('handshakes of a crowd', () => {
  it('begin some in each turn, in order, and closed connections take no turn', async () => {
    const { greet, begun } = start();
    const sockets = Array.from({ length: 6 }, (_, at) => new Arrival(String(at)));
    for (const socket of sockets) greet(socket);
    sockets[1]?.destroy();
    expect(begun).toEqual([]);
    sockets[0]?.emit('error', new Error('reset'));
    await turn();
    expect(begun).toEqual(['0', '2', '3', '4']);
    await turn();
    expect(begun).toEqual(['0', '2', '3', '4', '5']);
  });

  it('begin unpaused on a server that pauses what it accepts', async () => {
    const { server, greet, pauses } = start();
    greet(new Arrival('first'));
    await turn();
    expect([...pauses, server.pauseOnConnect]).toEqual([false, true]);
  });

  it('wait while there is no room, and begin soon after there is', async () => {
    let room: Room = 'none';
    const { greet, begun } = start(() => room);
    greet(new Arrival('first'));
    greet(new Arrival('second'));
    await sleep(30);
    expect(begun).toEqual([]);
    room = 'own';
    await sleep(30);
    expect(begun).toEqual(['first', 'second']);
  });

  it('end when the server closes, where there is no room for them', async () => {
    const { server, greet, begun } = start((network) => (network === '10.0.0.1' ? 'none' : 'free'));
    const [stuck, lucky] = [new Arrival('stuck'), new Arrival('lucky', '10.0.0.2')];
    for (const socket of [stuck, lucky]) greet(socket);
    server.listening = false;
    await sleep(30);
    expect(begun).toEqual(['lucky']);
    expect([stuck.destroyed, lucky.destroyed]).toEqual([true, false]);
  });

  it('do not begin before a ClientHello is whole, nor for other bytes', async () => {
    const { server, begun } = start();
    const [half, plain] = [new Arrival('half'), new Arrival('plain')];
    for (const socket of [half, plain]) server.emit('connection', socket);
    half.say(hello.subarray(0, 7));
    plain.say(Buffer.from('GET / HTTP/1.1'));
    await turn();
    expect([begun, half.destroyed, plain.destroyed]).toEqual([[], false, true]);
    half.say(hello.subarray(7));
    await turn();
    expect(begun).toEqual(['half']);
    expect(half.read()).toEqual(hello);
  });
});
