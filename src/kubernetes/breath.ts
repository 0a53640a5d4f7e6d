import { setImmediate } from 'node:timers/promises';

/** Bytes that are parsed in about ten milliseconds. */
const bytesPerTurn = 256 * 1024;

/**
 * Gives other work a turn of the event loop between chunks of a long body. Otherwise all chunks that have arrived are
 * delivered in one turn.
 */
export class Breath {
  #bytes = 0;

  /** Call this after each chunk has been handled. */
  async after(chunk: Uint8Array): Promise<void> {
    this.#bytes += chunk.length;
    if (this.#bytes < bytesPerTurn) return;
    this.#bytes = 0;
    await setImmediate();
  }
}
