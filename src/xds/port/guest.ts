import { networkOf } from '../../common/network-of.ts';

/** A connection as its socket shows it. */
export interface Visitor {
  /** The remote IP. */
  readonly address: string;
  readonly bytesRead: number;
  /** Its TLS begins. */
  enter(): void;
  /** Ends it at once. */
  cut(): void;
}

/**
 * Where a connection is on its way in. `silent`: its first message is not whole yet; `queued`: its TLS
 * may begin; `entering`: it has; `inside`: a call on it is admitted; `idle`: none is any more.
 */
export type Stage = 'silent' | 'queued' | 'entering' | 'inside' | 'idle' | 'gone';

/** Why a connection was cut, as a closed list: no label may depend on what a client sends. */
export const cutReasons = [
  'too-many',
  'slow',
  'too-many-bytes',
  'too-many-calls',
  'not-tls',
  'idle',
] as const;
export type CutReason = (typeof cutReasons)[number];

/** TLS and HTTP/2 of a connection, and the chunks that were read. */
const costBytes = 256 * 1024;
const youngMs = 60_000;

/** To ask a socket what it read costs more than a short message, so it is asked once for some of them. */
const shortMessages = { count: 16, bytes: 16 * 1024 };

/** A connection in the lobby's book. */
export class Guest {
  readonly visitor: Visitor;
  /** Whose share it counts for: its address, or that one's IPv6 /64. */
  readonly network: string;
  readonly #arrived: number;
  stage: Stage = 'silent';
  /** When it came to its stage. */
  since: number;
  /** When it is cut unless it gets further. */
  deadline: number;
  /** Admitted calls on it. */
  calls = 0;
  /**
   * What a connection that is gone costs outside of the heap until the collector frees its objects, which are
   * small: with this it knows. Never written to, so it takes no memory itself.
   */
  #weight: ArrayBuffer | undefined;
  /** The pod whose call was admitted on it last; undefined: none was. */
  uid: string | undefined;
  /** Calls whose token is being checked. */
  asking = 0;
  /** Calls that began since the last one was admitted. */
  unadmitted = 0;
  /** Bytes of all finished messages, with what was around them, as of the last look at the socket. */
  #finished = 0;
  /** Messages that were finished since, and their bytes. */
  #since = { count: 0, bytes: 0 };
  /** Bytes that were no message, less what may come in the time since `#seen`. */
  #waste = 0;
  #seen: number | undefined;

  constructor(visitor: Visitor, now: number, deadline: number) {
    this.visitor = visitor;
    this.network = networkOf(visitor.address);
    this.#arrived = now;
    this.since = now;
    this.deadline = deadline;
  }

  /** Bytes that came since the last message was whole, or the last call was over. */
  get unfinished(): number {
    return Math.max(0, this.visitor.bytesRead - this.#finished - this.#since.bytes);
  }

  /**
   * It is closed. An old connection with an admitted call rarely is, and many such together, as after a switch of
   * certificates, cost the collector nothing more.
   */
  leave(now: number): void {
    if (this.uid === undefined || now - this.#arrived < youngMs)
      this.#weight ??= new ArrayBuffer(costBytes);
  }

  /** A message of so many bytes is whole, or a call is over. True when it is time to `settle`. */
  finished(bytes: number): boolean {
    const since = this.#since;
    since.count += 1;
    since.bytes += bytes;
    return since.count >= shortMessages.count || since.bytes >= shortMessages.bytes;
  }

  /**
   * Tells the bytes that were neither message nor call, less `perSecond` of all the seconds since, in
   * milliseconds of `clock`.
   */
  settle(clock: () => number, perSecond: number): number {
    const since = this.#since;
    const read = this.visitor.bytesRead;
    const more = read - this.#finished - since.bytes;
    this.#finished = read;
    since.count = 0;
    since.bytes = 0;
    // Most messages come to nothing that is worth a look at the clock.
    if (this.#waste === 0 && more <= 0) return 0;
    const now = clock();
    const spent = ((now - (this.#seen ?? now)) / 1_000) * perSecond;
    // Of messages that came together the first one has the bytes of all, and the others give theirs back.
    this.#waste = Math.max(0, Math.max(0, this.#waste - spent) + more);
    this.#seen = now;
    return this.#waste;
  }
}
