const newline = 0x0a;

/** Cuts a byte stream into the lines of text that each chunk completes; characters may span chunks. */
export class LineSplitter {
  #pending: Uint8Array[] = [];

  /** The lines that this chunk ends, without their newlines; the rest waits for more. */
  push(chunk: Uint8Array): readonly string[] {
    const end = chunk.lastIndexOf(newline);
    if (end < 0) {
      this.#pending.push(chunk);
      return [];
    }
    const text = Buffer.concat([...this.#pending, chunk.subarray(0, end)]).toString('utf8');
    this.#pending = end + 1 < chunk.length ? [chunk.subarray(end + 1)] : [];
    return text.split('\n');
  }

  /** True while a line has begun that has not ended. */
  get partial(): boolean {
    return this.#pending.length > 0;
  }
}
