import { patientNow } from '../connections/patient-clock.ts';

export interface BodyLimits {
  /** Bytes of all bodies that are not complete or not answered yet. */
  readonly total: number;
  /** The share of them that bodies from one remote address may have. */
  readonly perAddress: number;
  /** Milliseconds after which a body gives way to another that needs its room. */
  readonly slowMs: number;
  /** Milliseconds that a body waits for room. */
  readonly waitMs: number;
  /**
   * A body of more bytes does not wait for room: what arrives of it during the wait would then be processed in one go.
   */
  readonly waitBytes: number;
}

/** A body that is to be read. */
export interface Body {
  /** The network whose share the body counts against. */
  readonly network: string;
  readonly bytes: number;
  /** Called at most once, when this body has to make room. */
  readonly end: () => void;
}

interface Waiting {
  readonly body: Body;
  readonly since: number;
  readonly resolve: (hasRoom: boolean) => void;
}

const tickMs = 25;

/**
 * Bounds the memory that unfinished request bodies take. A body reserves all its bytes before its first byte is read: a
 * half-read body that is thrown away also takes memory until it is collected. A body that needs room waits for it, the
 * smallest first, and takes the room of slow bodies; a large body does not wait. When the total is used up, the largest
 * body of the address that holds most gives way at once to an address that will hold less (docs/decisions/0065).
 */
export class BodyBudget {
  readonly #limits: BodyLimits;
  readonly #now: () => number;
  /** When each body got its room, the oldest first. */
  readonly #held = new Map<Body, number>();
  /** Bytes that each network holds; `#total` is their sum. */
  readonly #bytes = new Map<string, number>();
  #total = 0;
  readonly #waiting = new Map<Body, Waiting>();
  #timer: NodeJS.Timeout | undefined;

  constructor(limits: BodyLimits, now: () => number = patientNow) {
    this.#limits = limits;
    this.#now = now;
  }

  /**
   * Returns whether the body has its room. The answer is synchronous if it is known now, so that no byte arrives before
   * reading starts; otherwise it is a promise. False, too, when the body is released before it gets room.
   */
  reserve(body: Body): boolean | Promise<boolean> {
    const { perAddress, total, waitBytes } = this.#limits;
    if (body.bytes > Math.min(perAddress, total)) return false;
    if (!this.#isBehind(body) && this.#makeRoom(body)) {
      this.#hold(body);
      return true;
    }
    if (body.bytes > waitBytes) return false;
    return new Promise((resolve) => {
      this.#waiting.set(body, { body, since: this.#now(), resolve });
      this.#serve();
    });
  }

  /** Gives the body's room back, or ends its wait. Safe to call again. */
  release(body: Body): void {
    const hadRoom = this.#drop(body);
    this.#settle(body, false);
    if (hadRoom) this.#serve();
  }

  #serve(): void {
    const bySize = [...this.#waiting.keys()].sort((a, b) => a.bytes - b.bytes);
    for (const body of bySize) {
      if (!this.#makeRoom(body)) continue;
      this.#hold(body);
      this.#settle(body, true);
    }
    if (this.#waiting.size > 0) this.#timer ??= setTimeout(() => this.#tick(), tickMs).unref();
  }

  #tick(): void {
    this.#timer = undefined;
    this.#serve();
    for (const { body, since } of this.#waiting.values())
      if (this.#now() - since > this.#limits.waitMs) this.#settle(body, false);
  }

  #settle(body: Body, hasRoom: boolean): void {
    this.#waiting.get(body)?.resolve(hasRoom);
    this.#waiting.delete(body);
  }

  /**
   * Whether a body that is not larger waits already, and its address would not hold more than this body's address
   * would: an address that waits for its own bytes to be freed delays no other.
   */
  #isBehind(body: Body): boolean {
    const whole = this.#sum(body.network) + body.bytes;
    return [...this.#waiting.keys()].some(
      ({ network, bytes }) => bytes <= body.bytes && this.#sum(network) + bytes <= whole,
    );
  }

  #makeRoom({ network, bytes }: Body): boolean {
    const { total, perAddress } = this.#limits;
    while (this.#sum(network) + bytes > perAddress)
      if (!this.#end(this.#slowest(network))) return false;
    while (this.#total + bytes > total)
      if (!this.#end(this.#slowest() ?? this.#greediest(this.#sum(network) + bytes))) return false;
    return true;
  }

  #end(body: Body | undefined): boolean {
    if (body === undefined) return false;
    this.#drop(body);
    body.end();
    return true;
  }

  /** The oldest body, of `network` if given; undefined unless that body is slow. */
  #slowest(network?: string): Body | undefined {
    for (const [body, since] of this.#held)
      if (network === undefined || body.network === network)
        return this.#now() - since > this.#limits.slowMs ? body : undefined;
    return undefined;
  }

  /** The largest body of the network that holds most; undefined if no network holds more than `bytes`. */
  #greediest(bytes: number): Body | undefined {
    let [most, found] = [bytes, undefined as string | undefined];
    for (const [network, sum] of this.#bytes) if (sum > most) [most, found] = [sum, network];
    if (found === undefined) return undefined;
    const own = [...this.#held.keys()].filter(({ network }) => network === found);
    return own.reduce((a, b) => (b.bytes > a.bytes ? b : a));
  }

  #hold(body: Body): void {
    this.#held.set(body, this.#now());
    this.#add(body.network, body.bytes);
  }

  /** Frees the body's room; returns whether it had any. */
  #drop(body: Body): boolean {
    if (!this.#held.delete(body)) return false;
    this.#add(body.network, -body.bytes);
    return true;
  }

  #add(network: string, bytes: number): void {
    this.#total += bytes;
    const sum = this.#sum(network) + bytes;
    if (sum === 0) this.#bytes.delete(network);
    else this.#bytes.set(network, sum);
  }

  /** Bytes that the bodies of a network hold. */
  #sum(network: string): number {
    return this.#bytes.get(network) ?? 0;
  }
}
