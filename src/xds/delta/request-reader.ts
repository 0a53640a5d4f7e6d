import { type DeltaRequest, readRequest } from './request-bytes.ts';

const budget = 512 * 1024;
const longest = 16 * 1024;

/**
 * Reads requests, and reads equal bytes only once: proxies that start together ask for the same names, and all that
 * were sent a response acknowledge it with the same bytes.
 */
export class RequestReader {
  readonly #maxNames: number;
  /** The oldest first. */
  readonly #known = new Map<string, DeltaRequest>();
  #size = 0;

  constructor(maxNames: number) {
    this.#maxNames = maxNames;
  }

  /** Like `readRequest`. Callers share the result. */
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

/** A NACK, and the versions that a proxy brings from an older stream, are specific to that proxy. */
function isCommon({ initialVersions, error }: DeltaRequest): boolean {
  return initialVersions.size === 0 && error === undefined;
}
