/* Hostile clients of the webhooks or of the health port, in a process apart from the honest one's; ended with its parent. */
import { readFileSync } from 'node:fs';
import { type Socket, connect as connectPlain } from 'node:net';
import { connect } from 'node:tls';

/**
 * Some clients that each send `head`, then parts of a body, and never end. A client whose connection is closed connects
 * again.
 */
export interface Flood {
  readonly port: number;
  readonly caFile: string;
  readonly count: number;
  /** The last 16 bits of the loopback addresses that they come from. */
  readonly hosts: readonly number[];
  readonly tls?: false;
  readonly head: string;
  readonly body: 'none' | 'one' | 'large' | 'tiny' | 'pipeline';
  /** A client ends its connection after so many milliseconds. */
  readonly staysMs?: number;
}

const block = ' '.repeat(0x10000);
const send: Readonly<Record<Flood['body'], (socket: Socket, head: string) => void>> = {
  none: () => undefined,
  one: (socket) => void socket.write(' '),
  large: (socket) => {
    for (let part = 0; part < 46; part += 1) socket.write(block);
  },
  tiny: drip,
  pipeline: keepBegun,
};

/** A byte a TLS record: what each part costs besides its byte counts too. Written at once they are one part. */
function drip(socket: Socket): void {
  socket.write(' ', (error) => {
    if (!error) drip(socket);
  });
}

/** `head` is a whole request. Sends half of another, then again and again the rest with half of the next. */
function keepBegun(socket: Socket, head: string): void {
  const half = head.length >> 1;
  socket.write(head.slice(0, half));
  const timer = setInterval(() => socket.write(head.slice(half) + head.slice(0, half)), 300);
  socket.once('close', () => clearInterval(timer));
}

function attack(flood: Flood, ca: string, host: number): void {
  const { port, head, body, staysMs } = flood;
  const localAddress = `127.0.${host >> 8}.${host & 255}`;
  const options = { host: '127.0.0.1', port, localAddress };
  const begin = (): void => {
    socket.write(head);
    send[body](socket, head);
    if (staysMs !== undefined) setTimeout(() => socket.destroy(), staysMs);
  };
  const socket: Socket =
    flood.tls === false ? connectPlain(options, begin) : connect({ ...options, ca }, begin);
  socket.on('error', () => undefined).resume();
  socket.once('close', () => setTimeout(() => attack(flood, ca, host), pauseMs));
}

const pauseMs = 20;
const flood = JSON.parse(process.argv[2] ?? '') as Flood;
const ca = readFileSync(flood.caFile, 'utf8');
process.on('disconnect', () => process.exit());
for (let client = 0; client < flood.count; client += 1)
  attack(flood, ca, flood.hosts[client % flood.hosts.length] ?? 2);
