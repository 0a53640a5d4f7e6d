import { type KeyObject, verify } from 'node:crypto';
import type { KubernetesObject, Pod } from '../api/core.ts';
import { tokenAudience } from '../api/labels.ts';
import { serviceAccountNameOf } from '../api/service-account-name.ts';
import type { Clock } from '../common/clock.ts';
import { WeftError } from '../common/errors.ts';
import type { Logger } from '../common/logger.ts';
import { identityKey } from '../policy/identity.ts';
import type { Authenticate, Proxy } from '../policy/proxy.ts';
import { type FetchKeys, KeyCache } from './jwks.ts';
import { readClaims, splitToken, type TokenClaims, type TokenParts } from './proxy-token-claims.ts';

export interface ProxyTokenDeps {
  readonly fetchKeys: FetchKeys;
  /** The pod as the cache has it now. */
  readonly findPod: (namespace: string, name: string) => Pod | undefined;
  /** The ServiceAccount as the cache has it now. */
  readonly findAccount: (namespace: string, name: string) => KubernetesObject | undefined;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Clocks of the API server and of this process may differ by that much. */
const skewMs = 10_000;
/** A token may come from an API server whose clock is ahead of ours by that much. */
const leewayMs = 45_000;
/** A pod may connect before the cache has heard of it and of its account. */
const waitMs = 3_000;
const pollMs = 100;

const algorithms: Readonly<Record<string, (key: KeyObject) => boolean>> = {
  RS256: (key) => key.asymmetricKeyType === 'rsa',
  ES256: (key) => key.asymmetricKeyDetails?.namedCurve === 'prime256v1',
};

/**
 * Authenticates a proxy by its pod-bound, audience-bound service-account token. Checks the token here against the API
 * server's published keys and against the cached pod and account, so a stream needs no call to the API server, and
 * works while that is away. Logs the reason of a refusal without the token; does not tell it to the proxy.
 */
export function proxyTokens(deps: ProxyTokenDeps): Authenticate {
  const keys = new KeyCache(deps.fetchKeys, deps.clock);
  return async (token, signal) => {
    const parts = splitToken(token);
    const claims = parts === undefined ? undefined : readClaims(parts.payload);
    if (parts === undefined || claims === undefined) throw refused(deps, 'not a pod-bound token');
    const { issuer, key } = await keys.find(parts.keyId);
    if (key === undefined || !isSigned(parts, key)) throw refused(deps, 'signature not valid');
    const reason = misfit(claims, issuer, deps.clock.now());
    if (reason !== undefined) throw refused(deps, reason, claims);
    const pod = await awaitKnown(claims.pod.uid, () => podOf(claims, deps), { deps, signal });
    if (pod === undefined) throw refused(deps, 'no such pod', claims);
    const account = await awaitKnown(
      claims.serviceAccount.uid,
      () => deps.findAccount(claims.namespace, claims.serviceAccount.name),
      { deps, signal },
    );
    if (account === undefined) throw refused(deps, 'no such service account', claims);
    if (podMisfit(pod, claims)) throw refused(deps, 'pod does not run as that', claims);
    return proxyOf(claims);
  };
}

function proxyOf(claims: TokenClaims): Proxy {
  const { namespace, serviceAccount, pod, expires } = claims;
  return {
    pod: `${namespace}/${pod.name}`,
    uid: pod.uid,
    account: identityKey({ namespace, serviceAccount: serviceAccount.name }),
    expires,
  };
}

/** The algorithm must fit the key: a token may not choose how it is checked. */
function isSigned(parts: TokenParts, key: KeyObject): boolean {
  if (algorithms[parts.algorithm]?.(key) !== true) return false;
  return verify('sha256', parts.signed, { key, dsaEncoding: 'ieee-p1363' }, parts.signature);
}

function misfit(claims: TokenClaims, issuer: string, now: number): string | undefined {
  if (claims.issuer !== issuer) return 'another issuer';
  if (!claims.audiences.includes(tokenAudience)) return 'another audience';
  if (claims.expires + skewMs <= now) return 'expired';
  if (claims.notBefore - leewayMs > now) return 'not valid yet';
  const subject = `system:serviceaccount:${claims.namespace}:${claims.serviceAccount.name}`;
  return claims.subject === subject ? undefined : 'another subject';
}

function podOf({ namespace, pod }: TokenClaims, { findPod }: ProxyTokenDeps): Pod | undefined {
  return findPod(namespace, pod.name);
}

interface Waiting {
  readonly deps: ProxyTokenDeps;
  readonly signal: AbortSignal;
}

/**
 * Waits for the object with this uid. An object of that name with another uid is older or newer: the cache may be
 * behind.
 */
async function awaitKnown<T extends KubernetesObject>(
  uid: string,
  find: () => T | undefined,
  { deps: { clock }, signal }: Waiting,
): Promise<T | undefined> {
  for (let waited = 0; ; waited += pollMs) {
    const found = find();
    if (found?.metadata.uid === uid) return found;
    if (waited >= waitMs) return undefined;
    await clock.sleep(pollMs, signal);
  }
}

function podMisfit(pod: Pod, claims: TokenClaims): boolean {
  const phase = pod.status?.phase;
  if (phase === 'Succeeded' || phase === 'Failed') return true;
  return serviceAccountNameOf(pod) !== claims.serviceAccount.name;
}

function refused({ logger }: ProxyTokenDeps, reason: string, claims?: TokenClaims): WeftError {
  const pod = claims === undefined ? undefined : `${claims.namespace}/${claims.pod.name}`;
  logger.warn('proxy token refused', { reason, ...(pod === undefined ? {} : { pod }) });
  return new WeftError('not-authenticated', 'not authenticated');
}
