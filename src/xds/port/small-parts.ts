import type { Duplex } from 'node:stream';
import { InTurns } from './in-turns.ts';
import { MessageBounds } from './message-bounds.ts';

/** Messages of a call that are handed on at once. A well-behaved client sends this many together only at its start. */
const mostAtOnce = 16;
const partsPerTurn = 8;

/**
 * Hands on the bytes of calls in small parts, each when the one before was taken. grpc-js processes all messages of a
 * piece in one turn of the event loop, before any check can run, and an HTTP/2 frame may hold three thousand empty ones
 * (docs/decisions/0126). It pauses a call until its messages are taken.
 */
export class SmallParts {
  readonly #turns = new InTurns(partsPerTurn);

  /** Watches a call on which no bytes have arrived yet. */
  watch(call: Duplex): void {
    const parts = new PartsOfCall(call, this.#turns);
    call.push = (piece: Buffer | null): boolean => parts.come(piece);
  }
}

class PartsOfCall {
  readonly #call: Duplex;
  readonly #handOn: Duplex['push'];
  readonly #turns: InTurns;
  readonly #bounds = new MessageBounds();
  /** Pieces that arrived and were not handed on; null is the end. */
  readonly #waiting: (Buffer | null)[] = [];

  constructor(call: Duplex, turns: InTurns) {
    this.#call = call;
    this.#handOn = call.push.bind(call);
    this.#turns = turns;
  }

  /** Returns whether more may be read: false while something waits. */
  come(piece: Buffer | null): boolean {
    if (this.#waiting.length > 0) {
      this.#waiting.push(piece);
      return false;
    }
    const mayRead = this.#handOnPartOf(piece);
    if (this.#waiting.length === 0) return mayRead;
    this.#later();
    return false;
  }

  #next(): void {
    if (this.#call.destroyed) return;
    if (this.#call.isPaused()) {
      this.#call.once('resume', () => this.#later());
      return;
    }
    this.#handOnPartOf(this.#waiting.shift() ?? null);
    if (this.#waiting.length > 0) this.#later();
  }

  /** The rest of the piece goes to the front of the queue. */
  #handOnPartOf(piece: Buffer | null): boolean {
    if (piece === null) return this.#handOn(null);
    const end = this.#bounds.pass(piece, mostAtOnce);
    if (end === piece.length) return this.#handOn(piece);
    this.#waiting.unshift(piece.subarray(end));
    return this.#handOn(piece.subarray(0, end));
  }

  #later(): void {
    this.#turns.add(() => this.#next());
  }
}
