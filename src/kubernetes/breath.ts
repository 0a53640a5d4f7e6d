import { setImmediate } from 'node:timers/promises';

/** So much is parsed in about ten milliseconds. */
const bytesPerTurn = 256 * 1024;

/**
 * Lets others have the event loop between chunks of a long body: chunks that wait already are given out
 * in one turn otherwise.
 */
export class Breath {
  #bytes = 0;

  /** Call it after each chunk was dealt with. */
  async after(chunk: Uint8Array): Promise<void> {
    this.#bytes += chunk.length;
    if (this.#bytes < bytesPerTurn) return;
    this.#bytes = 0;
    await setImmediate();
  }
}
