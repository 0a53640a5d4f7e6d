import { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';

/** A connection as its socket shows it before TLS: what it said waits until it is read. */
export class Arrival extends EventEmitter {
  readonly name: string;
  readonly remoteAddress: string;
  destroyed = false;
  #pending: Buffer | null = null;

  constructor(name: string, remoteAddress = '10.0.0.1') {
    super();
    this.name = name;
    this.remoteAddress = remoteAddress;
  }

  get socket(): Socket {
    return this as unknown as Socket;
  }

  say(bytes: Buffer): void {
    this.#pending = bytes;
    this.emit('readable');
  }

  read(): Buffer | null {
    const bytes = this.#pending;
    this.#pending = null;
    return bytes;
  }

  unshift(bytes: Buffer): void {
    this.#pending = bytes;
  }

  destroy(): void {
    this.destroyed = true;
    this.emit('close');
  }
}
