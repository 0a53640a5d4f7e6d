import type { IdentityKey } from './identity.ts';

/** The peer of a stream, as authenticated by the API server; never as `node` claims. */
export interface Proxy {
  /** `<namespace>/<pod name>`. */
  readonly pod: string;
  readonly uid: string;
  readonly account: IdentityKey;
  /** Milliseconds since the epoch at which its token ends: the stream is closed then. */
  readonly expires: number;
}

/** Checks a bearer token. Rejects with WeftError `not-authenticated` (or api-unavailable). */
export type Authenticate = (token: string, signal: AbortSignal) => Promise<Proxy>;
