import { openSync, readSync } from 'node:fs';

/**
 * The bytes after which a check is due: with as many again unseen, the total is below the limit of unfinished bytes.
 */
const worthBytes = 1024 * 1024;

/**
 * Reports when this process has read another megabyte from sockets or files: while it reads nothing, no connection has
 * sent anything. Where the kernel does not count this (proc(5), /proc/pid/io), a check is always due.
 */
export class ReadBytes {
  readonly #read: () => number | undefined;
  #seen: number;

  constructor(read: () => number | undefined = readSoFar) {
    this.#read = read;
    this.#seen = read() ?? 0;
  }

  /** True once a megabyte was read since the last time it was true. */
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

/** Read from its start, the file gives the present counts. The read takes some microseconds and no disk access. */
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
