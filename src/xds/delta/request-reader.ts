import { type DeltaRequest, readRequest } from './request-bytes.ts';

const budget = 512 * 1024;
const longest = 16 * 1024;

/**
 * Reads requests, those of equal bytes once: the proxies that start together ask for the same names,
 * and all that were sent a response acknowledge it in the same words.
 */
export class RequestReader {
  readonly #maxNames: number;
  /** The oldest first. */
  readonly #known = new Map<string, DeltaRequest>();
  #size = 0;

  constructor(maxNames: number) {
    this.#maxNames = maxNames;
  }

  /** Like `readRequest`. What it gives is shared. */
  read(bytes: Buffer): DeltaRequest {
    if (bytes.length > longest) return readRequest(bytes, this.#maxNames);
    const key = bytes.toString('latin1');
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const request = readRequest(bytes, this.#maxNames);
    if (isCommon(request)) this.#keep(key, request);
    return request;
  }

  #keep(key: string, request: DeltaRequest): void {
    this.#known.set(key, request);
    this.#size += key.length;
    for (const oldest of this.#known.keys()) {
      if (this.#size <= budget) return;
      this.#known.delete(oldest);
      this.#size -= oldest.length;
    }
  }
}

/** Refusals and what a proxy brings from an older stream are its own. */
function isCommon({ initialVersions, error }: DeltaRequest): boolean {
  return initialVersions.size === 0 && error === undefined;
}
