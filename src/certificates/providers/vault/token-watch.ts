import type { Clock } from '../../../common/clock.ts';
import { WeftError, type ErrorCode } from '../../../common/errors.ts';
import type { Logger } from '../../../common/logger.ts';
import type { Random } from '../../../kubernetes/back-off.ts';
import type { IssuerFailure } from '../../issuer.ts';
import { vaultFailure } from './vault-failure.ts';
import type { VaultAnswer, VaultCall } from './vault-http.ts';
import { lookupSelf, type VaultSession } from './vault-session.ts';

export interface TokenWatchOptions {
  readonly session: Pick<VaultSession, 'token' | 'checkToken' | 'request'>;
  /**
   * An invalid signing request that tests the token: if the token may sign, Vault answers 400 and signs nothing.
   * Undefined where real requests are frequent enough to show a bad token.
   */
  readonly trial: (() => VaultCall) | undefined;
  /** Resolves once the Secrets were read. */
  readonly secretsKnown: (signal: AbortSignal) => Promise<unknown>;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** Interval between checks of the token at Vault, in ms. Default 5 min. */
  readonly pollIntervalMs?: number | undefined;
}

/** How soon the watch notices a replaced token, or a token that is due for renewal. */
const recheckMs = 30_000;
const shortestWaitMs = 500;
/** Spreads the checks, so that the replicas do not all ask at once. */
const spread = 0.2;

/** Errors that only a user can fix. An unreachable Vault is no failure while there is nothing to sign. */
const lasting: ReadonlySet<ErrorCode> = new Set(['issuer-refused', 'issuer-misconfigured']);

/**
 * Keeps a Vault token valid while nothing is signed, and finds a bad token long before the next signature is needed.
 */
export class TokenWatch {
  readonly #options: TokenWatchOptions;
  #failure: IssuerFailure | undefined;
  /** The message that was logged last. */
  #lastLogged: string | undefined;
  #checkAt: number | undefined;

  constructor(options: TokenWatchOptions) {
    this.#options = options;
  }

  /** Why signing would fail now, as the last check found. */
  lastFailure(): IssuerFailure | undefined {
    return this.#failure;
  }

  async run(signal: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    while (!signal.aborted) {
      const wait = await this.#keep(signal);
      await clock.sleep(wait, signal).catch(() => undefined);
    }
  }

  /** Renews and checks the token; resolves to the milliseconds until the next time. */
  async #keep(signal: AbortSignal): Promise<number> {
    const { session, trial, secretsKnown, clock } = this.#options;
    try {
      await secretsKnown(signal);
      const { renewAt } = await session.token(signal);
      if (trial !== undefined && this.#isDue()) await this.#check(trial(), signal);
      this.#note(undefined);
      const next = Math.min(renewAt, this.#checkAt ?? Infinity) - clock.now();
      return Math.min(Math.max(next, shortestWaitMs), recheckMs);
    } catch (thrown) {
      if (!signal.aborted) this.#note(WeftError.from(thrown));
      return Math.min(this.#pollIntervalMs, recheckMs);
    }
  }

  get #pollIntervalMs(): number {
    return this.#options.pollIntervalMs ?? 300_000;
  }

  /**
   * Whether to check the token: after the interval, every time while the last check failed, and when the clock was set
   * back.
   */
  #isDue(): boolean {
    if (this.#checkAt === undefined || this.#failure !== undefined) return true;
    const left = this.#checkAt - this.#options.clock.now();
    return left <= 0 || left > this.#pollIntervalMs * (1 + spread);
  }

  /**
   * A 403 from lookup-self means that the token is invalid, or only that it may not look itself up. The trial shows
   * which, because it needs no right but the right to sign.
   */
  async #check(trial: VaultCall, signal: AbortSignal): Promise<void> {
    const { session, clock, random } = this.#options;
    const seen = await session.checkToken(signal);
    if (seen.status === 403) throwUnlessAllowed(trial, await session.request(trial, signal));
    else if (seen.status >= 300) throw vaultFailure(lookupSelf, seen);
    this.#checkAt = clock.now() + this.#pollIntervalMs * (1 + spread * (random() - 0.5));
  }

  #note(error: WeftError | undefined): void {
    const { clock, logger } = this.#options;
    const { code, message } = error ?? {};
    if (code !== undefined && message !== this.#lastLogged)
      logger.warn('vault token cannot be used', { code, problem: message });
    this.#lastLogged = message;
    if (code === undefined) this.#failure = undefined;
    else if (lasting.has(code)) {
      const since = this.#failure?.since ?? clock.now();
      this.#failure = { code, message: `Vault cannot sign now: ${message}`, since };
    }
  }
}

function throwUnlessAllowed(trial: VaultCall, answer: VaultAnswer): void {
  if (answer.status >= 300 && answer.status !== 400) throw vaultFailure(trial, answer);
}
