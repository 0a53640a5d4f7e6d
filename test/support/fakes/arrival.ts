import { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';

/** A connection as its socket shows it before TLS: what it said waits until it is read. */
export class Arrival extends EventEmitter {
  readonly name: string;
  readonly remoteAddress: string;
  destroyed = false;
  #said: Buffer | null = null;

  constructor(name: string, remoteAddress = '10.0.0.1') {
    super();
    this.name = name;
    this.remoteAddress = remoteAddress;
  }

  get socket(): Socket {
    return this as unknown as Socket;
  }

  say(bytes: Buffer): void {
    this.#said = bytes;
    this.emit('readable');
  }

  read(): Buffer | null {
    const said = this.#said;
    this.#said = null;
    return said;
  }

  unshift(bytes: Buffer): void {
    this.#said = bytes;
  }

  destroy(): void {
    this.destroyed = true;
    this.emit('close');
  }
}
