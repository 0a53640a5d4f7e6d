import type { Clock } from '../../../common/clock.ts';
import { Secret } from '../../../common/secret.ts';
import { vaultFailure, type Advice } from './vault-failure.ts';
import type { VaultAnswer, VaultCall, VaultHttp } from './vault-http.ts';

/** A token of Vault's, and how long it may be used. Times are milliseconds since the epoch. */
export interface VaultToken {
  readonly token: Secret<string>;
  readonly renewable: boolean;
  /** When to renew it; Infinity for a token that does not expire. */
  readonly renewAt: number;
  readonly endsAt: number;
}

/** A source of tokens. */
export interface TokenSource {
  /** A token to use from now on. Rejects with a WeftError. */
  open(signal: AbortSignal): Promise<VaultToken>;
  /** Whether the token should still be used. */
  isCurrent(token: VaultToken): boolean;
  /** The advice for a path that Vault denies to a token of this source. */
  readonly advice: string;
}

/** Every token has a policy that allows this call, unless an administrator took it away. */
export const lookupSelf: VaultCall = { method: 'GET', path: 'auth/token/lookup-self' };
const renewSelf: VaultCall = { method: 'POST', path: 'auth/token/renew-self', body: {} };

/**
 * Makes calls with a token. Opens the token on first use, renews it after two thirds of its life, and opens a new one
 * when it has ended or Vault refuses it.
 */
export class VaultSession {
  readonly #http: Pick<VaultHttp, 'send'>;
  readonly #source: TokenSource;
  readonly #clock: Clock;
  #held: VaultToken | undefined;
  #opening: Promise<VaultToken> | undefined;
  /** Opening a token serves every waiting caller, so no single caller can abort it. */
  readonly #life = new AbortController();

  constructor(http: Pick<VaultHttp, 'send'>, source: TokenSource, clock: Clock) {
    this.#http = http;
    this.#source = source;
    this.#clock = clock;
  }

  /** A successful answer. Rejects with a WeftError that names the call; `advice` says more by status. */
  async call(call: VaultCall, advice: Advice, signal: AbortSignal): Promise<VaultAnswer> {
    const answer = await this.request(call, signal);
    if (answer.status < 300) return answer;
    throw vaultFailure(call, answer, advice);
  }

  /** Vault's answer to lookup-self. 403 means that the token is invalid or may not look itself up. */
  async checkToken(signal: AbortSignal): Promise<VaultAnswer> {
    const { token } = await this.token(signal);
    return this.#http.send({ ...lookupSelf, token }, signal);
  }

  /** Resolves to an answer of any status but 403. On 403, tries a new token; rejects when Vault denies that too. */
  async request(call: VaultCall, signal: AbortSignal): Promise<VaultAnswer> {
    const used = await this.token(signal);
    let answer = await this.#http.send({ ...call, token: used.token }, signal);
    if (answer.status === 403) {
      // The token may have been revoked. If Vault denies a new token as well, its policy denies the call.
      const fresh = await this.#reopen(used, signal);
      answer = await this.#http.send({ ...call, token: fresh.token }, signal);
    }
    if (answer.status !== 403) return answer;
    throw vaultFailure(call, answer, { 403: this.#source.advice });
  }

  /** A valid token, renewed first when that is due. */
  token(signal: AbortSignal): Promise<VaultToken> {
    const held = this.#held;
    const now = this.#clock.now();
    if (held === undefined || now >= held.endsAt || !this.#source.isCurrent(held))
      return this.#once((inner) => this.#source.open(inner), signal);
    if (now < held.renewAt) return Promise.resolve(held);
    return this.#once((inner) => this.#renew(held, inner), signal);
  }

  /** Aborts an opening or a renewal that is under way. */
  close(): void {
    this.#life.abort();
  }

  #reopen(refused: VaultToken, signal: AbortSignal): Promise<VaultToken> {
    const held = this.#held;
    if (held !== undefined && held !== refused) return Promise.resolve(held);
    return this.#once((inner) => this.#source.open(inner), signal);
  }

  /** All callers that need a token at the same time wait for the same one. */
  async #once(
    open: (signal: AbortSignal) => Promise<VaultToken>,
    signal: AbortSignal,
  ): Promise<VaultToken> {
    signal.throwIfAborted();
    this.#opening ??= open(this.#life.signal)
      .then((token) => (this.#held = token))
      .finally(() => (this.#opening = undefined));
    return this.#opening;
  }

  async #renew(held: VaultToken, signal: AbortSignal): Promise<VaultToken> {
    if (!held.renewable) return this.#source.open(signal);
    const answer = await this.#http.send({ ...renewSelf, token: held.token }, signal);
    if (answer.status === 403 || answer.status === 400) return this.#source.open(signal);
    if (answer.status >= 300) throw vaultFailure(renewSelf, answer);
    const renewed = tokenFrom(answer.auth, this.#clock.now());
    // The renewal added less than 500 ms: the token has reached its maximum life.
    if (renewed === undefined || renewed.endsAt < held.endsAt + 500)
      return this.#source.open(signal);
    return { ...renewed, token: held.token };
  }
}

/** The token that a login or a renewal answered; undefined when there is none. */
export function tokenFrom(
  auth: Readonly<Record<string, unknown>>,
  now: number,
): VaultToken | undefined {
  const { client_token: token, lease_duration: seconds, renewable } = auth;
  if (typeof token !== 'string' || token === '') return undefined;
  return { token: new Secret(token), ...timesOf(seconds, now), renewable: renewable === true };
}

/** When to renew a token that lives for `seconds`, and when it ends. 0 means that it never ends. */
export function timesOf(
  seconds: unknown,
  now: number,
): { readonly renewAt: number; readonly endsAt: number } {
  const lifeMs = typeof seconds === 'number' && seconds > 0 ? seconds * 1000 : Infinity;
  return { renewAt: now + (lifeMs * 2) / 3, endsAt: now + lifeMs };
}
