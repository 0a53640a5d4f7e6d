import type { Clock } from '../../common/clock.ts';
import type { WeftError } from '../../common/errors.ts';
import { backOffMs, type Random } from '../../kubernetes/back-off.ts';
import { isOver } from './wait-over.ts';

/** The last error, and since when issuing fails, in milliseconds since the epoch. */
export interface IssueFailure {
  readonly code: string;
  readonly message: string;
  readonly since: number;
}

export const backOff = { baseMs: 1_000, maxMs: 60_000 };

/** Tracks failures to issue: which keys failed, and when the issuer may be asked again. */
export class IssueFailures<K> {
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #keys = new Set<K>();
  #last: IssueFailure | undefined;
  #ofIssuer = 0;
  #retryAt = 0;

  constructor({ clock, random }: { readonly clock: Clock; readonly random: Random }) {
    this.#clock = clock;
    this.#random = random;
  }

  get last(): IssueFailure | undefined {
    return this.#last;
  }

  /** When to ask the issuer again; undefined while it works. */
  get retryAt(): number | undefined {
    return this.#ofIssuer === 0 ? undefined : this.#retryAt;
  }

  /** How many of `all` requests may go to the issuer now. While it fails, at most one does. */
  parallelLimit(all: number): number {
    if (this.#ofIssuer === 0) return all;
    return isOver(this.#retryAt, this.#clock.now(), backOff.maxMs) ? 1 : 0;
  }

  add(key: K, { code, message }: WeftError): void {
    this.#keys.add(key);
    this.#last = { code, message, since: this.#last?.since ?? this.#clock.now() };
  }

  recovered(key: K): void {
    this.#keys.delete(key);
    if (this.#keys.size === 0) this.#last = undefined;
  }

  issuerFailed(): void {
    this.#ofIssuer++;
    this.#retryAt = this.#clock.now() + backOffMs(this.#ofIssuer, backOff, this.#random);
  }

  issuerWorks(): void {
    this.#ofIssuer = 0;
  }
}
