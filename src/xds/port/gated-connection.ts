import { networkOf } from '../../common/network-of.ts';

/** A connection as its socket shows it. */
export interface PeerSocket {
  /** The remote IP. */
  readonly address: string;
  readonly bytesRead: number;
  /** Starts its TLS. */
  startTls(): void;
  /** Ends it at once. */
  cut(): void;
}

/**
 * The stage of a connection. `silent`: its first message is not whole yet; `queued`: its TLS may begin;
 * `entering`: its TLS has begun; `inside`: a call on it is admitted; `idle`: it had an admitted call and has none now.
 */
export type Stage = 'silent' | 'queued' | 'entering' | 'inside' | 'idle' | 'gone';

/** Why a connection was cut, as a closed list: no label may depend on data of a client. */
export const cutReasons = [
  'too-many',
  'slow',
  'too-many-bytes',
  'too-many-calls',
  'not-tls',
  'idle',
] as const;
export type CutReason = (typeof cutReasons)[number];

/** Bytes that TLS, HTTP/2 and the chunks read cost for one connection. */
const costBytes = 256 * 1024;
const youngMs = 60_000;

/** Reading a socket's byte count costs more than a short message, so the count is read once for several messages. */
const shortMessages = { count: 16, bytes: 16 * 1024 };

/** A connection in the gate. */
export class GatedConnection {
  readonly socket: PeerSocket;
  /** The network to whose share the connection counts: its address, or the address's IPv6 /64. */
  readonly network: string;
  readonly #arrived: number;
  stage: Stage = 'silent';
  /** When it reached its stage. */
  since: number;
  /** When it is cut unless it reaches the next stage. */
  deadline: number;
  /** Admitted calls on it. */
  calls = 0;
  /**
   * The memory that a closed connection costs outside the heap until the collector frees its objects. These are small,
   * so without this buffer the collector would not know of that memory. The buffer is never written to, so it takes no
   * memory itself.
   */
  #weight: ArrayBuffer | undefined;
  /** The pod whose call was last admitted on it; undefined if none was. */
  uid: string | undefined;
  /** Calls whose token is being checked. */
  asking = 0;
  /** Calls that began since the last one was admitted. */
  unadmitted = 0;
  /** Bytes of all finished messages, with their framing, as of the last look at the socket. */
  #finished = 0;
  /** Messages finished since that look, and their bytes. */
  #since = { count: 0, bytes: 0 };
  /** Bytes that were no message, less the allowance for the time since `#seen`. */
  #waste = 0;
  #seen: number | undefined;

  constructor(socket: PeerSocket, now: number, deadline: number) {
    this.socket = socket;
    this.network = networkOf(socket.address);
    this.#arrived = now;
    this.since = now;
    this.deadline = deadline;
  }

  /** Bytes that arrived since the last message was whole, or since the last call was over. */
  get unfinished(): number {
    return Math.max(0, this.socket.bytesRead - this.#finished - this.#since.bytes);
  }

  /**
   * Called when the connection is closed. It adds no weight for an old connection with an admitted call: such a
   * connection is rarely closed, and many closed together, as after a switch of certificates, then cost the collector
   * nothing more.
   */
  leave(now: number): void {
    if (this.uid === undefined || now - this.#arrived < youngMs)
      this.#weight ??= new ArrayBuffer(costBytes);
  }

  /** A message of that many bytes is whole, or a call is over. Returns true when it is time to `settle`. */
  finished(bytes: number): boolean {
    const since = this.#since;
    since.count += 1;
    since.bytes += bytes;
    return since.count >= shortMessages.count || since.bytes >= shortMessages.bytes;
  }

  /**
   * Returns the bytes that belonged to no message or call, less `perSecond` for each second since the last time.
   * `clock` gives milliseconds.
   */
  settle(clock: () => number, perSecond: number): number {
    const since = this.#since;
    const read = this.socket.bytesRead;
    const more = read - this.#finished - since.bytes;
    this.#finished = read;
    since.count = 0;
    since.bytes = 0;
    // Most messages leave no other bytes, and then the clock need not be read.
    if (this.#waste === 0 && more <= 0) return 0;
    const now = clock();
    const spent = ((now - (this.#seen ?? now)) / 1_000) * perSecond;
    // When messages came together, the first is charged the bytes of all, and each other message is credited its bytes.
    this.#waste = Math.max(0, Math.max(0, this.#waste - spent) + more);
    this.#seen = now;
    return this.#waste;
  }
}
