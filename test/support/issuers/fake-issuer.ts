import type { Clock } from '../../../src/common/clock.ts';
import { WeftError } from '../../../src/common/errors.ts';
import type {
  Authority,
  Issuer,
  IssuerFailure,
  Leaf,
  LeafRequest,
} from '../../../src/certificates/issuer.ts';
import {
  newRoot,
  openAuthority,
  type SigningAuthority,
} from '../../../src/certificates/signing-authority.ts';

const tenYearsMs = 10 * 365 * 24 * 3_600_000;

/** An issuer in memory: real certificates, and the faults that a test wants. */
export class FakeIssuer implements Issuer {
  /** All that was asked for, refused or not. */
  readonly requests: LeafRequest[] = [];
  /** While set, every request for which it gives an error is refused with that. */
  refuse: ((request: LeafRequest) => Error | undefined) | undefined;
  /** While set, what is handed out is changed by it. */
  distort: ((leaf: Leaf) => Leaf) | undefined;
  /** While set, requests wait for it. */
  held: Promise<void> | undefined;
  /** While set, what was signed comes back only after it. */
  late: Promise<void> | undefined;
  readonly #clock: Clock;
  readonly #listeners = new Set<() => void>();
  #authority: SigningAuthority | undefined;
  #trouble: IssuerFailure | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** One that has its root. */
  static async ready(clock: Clock): Promise<FakeIssuer> {
    const issuer = new FakeIssuer(clock);
    await issuer.replaceRoot();
    return issuer;
  }

  /** Signs with a new root from now on, and trusts no other. */
  async replaceRoot(): Promise<void> {
    const now = this.#clock.now();
    this.#authority = openAuthority(
      await newRoot('fake root', { now, validityMs: tenYearsMs }),
      now,
    );
    this.#tell();
  }

  /** Keeps the root of this moment; returns the way to sign with it again. */
  keepRoot(): () => void {
    const kept = this.#authority;
    return () => {
      this.#authority = kept;
      this.#tell();
    };
  }

  /** Reports a failure, or none. Issuing goes on as before. */
  report(trouble: IssuerFailure | undefined): void {
    this.#trouble = trouble;
  }

  async issue(request: LeafRequest, signal: AbortSignal): Promise<Leaf> {
    signal.throwIfAborted();
    this.requests.push(request);
    await this.held;
    const refusal = this.refuse?.(request);
    if (refusal !== undefined) throw refusal;
    if (this.#authority === undefined)
      throw new WeftError('issuer-unavailable', 'no root yet', { retry: 'soon' });
    const leaf = await this.#authority.issue(request, this.#clock.now());
    const given = this.distort?.(leaf) ?? leaf;
    await this.late;
    return given;
  }

  authority(): Authority | undefined {
    return this.#authority;
  }

  onChange(callback: () => void): () => void {
    this.#listeners.add(callback);
    return () => this.#listeners.delete(callback);
  }

  lastFailure(): IssuerFailure | undefined {
    return this.#trouble;
  }

  #tell(): void {
    for (const listener of this.#listeners) listener();
  }
}
