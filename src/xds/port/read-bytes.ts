import { openSync, readSync } from 'node:fs';

/** Bytes that make a look worth its while: with as much again unseen, all is still below what may be unfinished. */
const worthBytes = 1024 * 1024;

/**
 * Tells when this process has read a megabyte since the last time, from sockets or files: where it read
 * nothing no connection sent anything. Where the kernel does not count it (proc(5), /proc/pid/io) it is always
 * said to have.
 */
export class ReadBytes {
  readonly #read: () => number | undefined;
  #seen: number;

  constructor(read: () => number | undefined = readSoFar) {
    this.#read = read;
    this.#seen = read() ?? 0;
  }

  /** True once a megabyte was read since it last was. */
  isDue(): boolean {
    const read = this.#read();
    if (read === undefined) return true;
    if (read - this.#seen < worthBytes) return false;
    this.#seen = read;
    return true;
  }
}

const counts = openCounts();
const text = Buffer.alloc(512);

function openCounts(): number | undefined {
  try {
    return openSync('/proc/self/io', 'r');
  } catch {
    return undefined;
  }
}

/** Read from its beginning the file tells what is so now; it takes some microseconds and no disk. */
function readSoFar(): number | undefined {
  if (counts === undefined) return undefined;
  try {
    const length = readSync(counts, text, 0, text.length, 0);
    const count = /^rchar: (\d+)$/m.exec(text.toString('latin1', 0, length))?.[1];
    return count === undefined ? undefined : Number(count);
  } catch {
    return undefined;
  }
}
