import { prefixBytes } from '../delta/message-prefix.ts';

/** Tracks the message boundaries of one call across the pieces in which its bytes arrive. */
export class MessageBounds {
  /** Bytes of the prefix that have arrived, and the length as far as they give it. */
  #prefix = 0;
  #length = 0;
  /** Bytes of the message that are still to come. */
  #left = 0;

  /** Reads on through the next piece until that many messages have ended. Returns how many bytes that takes. */
  pass(piece: Buffer, messages: number): number {
    let ended = 0;
    for (let at = 0; at < piece.length;) {
      at = this.#next(piece, at);
      if (this.#prefix > 0 || this.#left > 0) continue;
      ended += 1;
      if (ended === messages) return at;
    }
    return piece.length;
  }

  /** Moves to the end of the message, of its prefix, or of the piece. */
  #next(piece: Buffer, at: number): number {
    if (this.#left > 0) {
      const end = Math.min(piece.length, at + this.#left);
      this.#left -= end - at;
      return end;
    }
    if (this.#prefix === 0 && piece.length - at >= prefixBytes) {
      this.#left = piece.readUInt32BE(at + 1);
      return at + prefixBytes;
    }
    // The first byte is the flag.
    this.#length = this.#prefix === 0 ? 0 : this.#length * 256 + (piece[at] ?? 0);
    this.#prefix = (this.#prefix + 1) % prefixBytes;
    if (this.#prefix === 0) this.#left = this.#length;
    return at + 1;
  }
}
