import { createLocalJWKSet, type JWK } from 'jose';
import type { Clock } from '../common/clock.ts';
import { WeftError } from '../common/errors.ts';
import { isRecord } from '../common/guards.ts';

/** The issuer and the keys that the API server publishes for its tokens. */
export interface PublishedKeys {
  /** The `iss` of its tokens. */
  readonly issuer: string;
  readonly keyIds: ReadonlySet<unknown>;
  /** The key for the header of a token. Rejects when no key has the id and fits the algorithm. */
  readonly keyFor: ReturnType<typeof createLocalJWKSet>;
}

/** Asks the API server. Rejects with WeftError (api-unavailable and the like). */
export type FetchKeys = (signal: AbortSignal) => Promise<PublishedKeys>;

/** GET of a path of the API server, as text. */
type Read = (path: string, signal: AbortSignal) => Promise<string>;

const discoveryPath = '/.well-known/openid-configuration';
const keysPath = '/openid/v1/jwks';

/**
 * Reads the keys over the API server's own connection. The document's `jwks_uri` is not followed:
 * it may lead anywhere.
 */
export async function fetchPublishedKeys(read: Read, signal: AbortSignal): Promise<PublishedKeys> {
  const [discovery, jwks] = await Promise.all([
    read(discoveryPath, signal),
    read(keysPath, signal),
  ]);
  return parsePublishedKeys(JSON.parse(discovery), JSON.parse(jwks));
}

/** Of two keys with the same id the second counts: `--service-account-key-file` may name one file twice. */
export function parsePublishedKeys(discovery: unknown, jwks: unknown): PublishedKeys {
  const issuer = field(discovery, 'issuer');
  const listed = field(jwks, 'keys');
  if (typeof issuer !== 'string' || !Array.isArray(listed))
    throw new WeftError('api-unavailable', 'no signing keys published', { retry: 'soon' });
  const byId = new Map(listed.filter(isRecord).map((jwk) => [jwk['kid'], jwk]));
  const keys = [...byId.values()] as unknown as JWK[];
  return { issuer, keyIds: new Set(byId.keys()), keyFor: createLocalJWKSet({ keys }) };
}

function field(object: unknown, name: string): unknown {
  return isRecord(object) ? object[name] : undefined;
}

/** Keys of this age are fetched again, so that a revoked key is soon no longer trusted. */
const freshMs = 5 * 60_000;
/** The shortest interval between two fetches, however many tokens name unknown keys. */
const pauseMs = 10_000;
/** The shortest interval while there are no keys at all and every proxy waits for them. */
const emptyPauseMs = 500;
const timeoutMs = 5_000;

/** Caches the published keys. While the API server does not answer, the last known keys are used. */
export class KeyCache {
  readonly #fetch: FetchKeys;
  readonly #clock: Clock;
  #published: PublishedKeys | undefined;
  #fetchedAt = 0;
  #askedAt: number | undefined;
  #asking: Promise<void> | undefined;

  constructor(fetch: FetchKeys, clock: Clock) {
    this.#fetch = fetch;
    this.#clock = clock;
  }

  /**
   * The published keys, read again when none of them has that id and the last attempt is long enough ago. Rejects with
   * WeftError `api-unavailable` while there never were any keys.
   */
  async find(keyId: string): Promise<PublishedKeys> {
    if (this.#published?.keyIds.has(keyId) !== true) await this.#ask();
    else if (this.#clock.now() - this.#fetchedAt > freshMs) void this.#ask();
    if (this.#published === undefined)
      throw new WeftError('api-unavailable', 'signing keys not read yet', { retry: 'soon' });
    return this.#published;
  }

  /** Makes one request for all waiting callers; a failure leaves the known keys unchanged. */
  async #ask(): Promise<void> {
    const now = this.#clock.now();
    const pause = this.#published === undefined ? emptyPauseMs : pauseMs;
    if (this.#asking === undefined && this.#askedAt !== undefined && now - this.#askedAt < pause)
      return;
    this.#asking ??= this.#askNow(now).finally(() => {
      this.#asking = undefined;
    });
    await this.#asking;
  }

  async #askNow(now: number): Promise<void> {
    this.#askedAt = now;
    try {
      this.#published = await this.#fetch(AbortSignal.timeout(timeoutMs));
      this.#fetchedAt = now;
    } catch {
      // The known keys stay; `find` rejects when there are none.
    }
  }
}
