import type { Duplex } from 'node:stream';
import { InTurns } from './in-turns.ts';
import { MessageBounds } from './message-bounds.ts';

/** Messages that a call hands on at once. An honest client has this many together only when it starts. */
const mostAtOnce = 16;
const partsPerTurn = 8;

/**
 * Hands what comes on calls on in small parts, each when the one before it was taken. grpc-js works through all messages
 * of a piece in one turn of the event loop, before anybody is asked: a frame of HTTP/2 may hold three thousand empty
 * ones. It pauses a call until its messages are taken.
 */
export class SmallParts {
  readonly #turns = new InTurns(partsPerTurn);

  /** Watches a call, on which nothing came yet. */
  watch(call: Duplex): void {
    const bounds = new MessageBounds();
    const handOn = call.push.bind(call);
    const waiting: (Buffer | null)[] = [];
    const later = (): void => this.#turns.add(next);
    const next = (): void => {
      if (call.destroyed) return;
      if (call.isPaused()) {
        call.once('resume', later);
        return;
      }
      const piece = waiting.shift() ?? null;
      const end = piece === null ? 0 : bounds.pass(piece, mostAtOnce);
      if (piece !== null && end < piece.length) waiting.unshift(piece.subarray(end));
      handOn(piece?.subarray(0, end) ?? null);
      if (waiting.length > 0) later();
    };
    call.push = (piece: Buffer | null): boolean => {
      const isNext = waiting.length === 0;
      const end = isNext && piece !== null ? bounds.pass(piece, mostAtOnce) : 0;
      if (isNext && (piece === null || end === piece.length)) return handOn(piece);
      if (end > 0) handOn(piece?.subarray(0, end));
      waiting.push(piece?.subarray(end) ?? null);
      if (isNext) later();
      // Nothing more is read until what waits was handed on.
      return false;
    };
  }
}
