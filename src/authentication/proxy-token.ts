import type { KubernetesObject, Pod } from '../api/core.ts';
import { serviceAccountNameOf } from '../api/service-account-name.ts';
import type { Clock } from '../common/clock.ts';
import { WeftError } from '../common/errors.ts';
import type { Logger } from '../common/logger.ts';
import { type Changing, firstValue, topicOf } from '../common/topic.ts';
import { identityKey } from '../policy/identity.ts';
import type { Authenticate, Proxy } from '../policy/proxy.ts';
import { type FetchKeys, KeyCache } from './jwks.ts';
import { isPodBound, type TokenClaims } from './proxy-token-claims.ts';
import { TokenInvalid, verifyToken } from './verify-token.ts';

export interface ProxyTokenDeps {
  readonly fetchKeys: FetchKeys;
  /** The pod as the cache has it now. */
  readonly findPod: (namespace: string, name: string) => Pod | undefined;
  /** The ServiceAccount as the cache has it now. */
  readonly findAccount: (namespace: string, name: string) => KubernetesObject | undefined;
  /** Changes of the cached pods and ServiceAccounts. */
  readonly cache: Changing;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** A pod may connect before the cache holds the pod and its ServiceAccount. */
const waitMs = 3_000;

/**
 * Authenticates a proxy by its pod-bound, audience-bound service-account token (docs/decisions/0022). Checks the token
 * here against the API server's published keys and against the cached pod and account, so a stream needs no call to the
 * API server, and works while that is away. Logs the reason of a refusal without the token; does not tell it to the
 * proxy.
 */
export function proxyTokens(deps: ProxyTokenDeps): Authenticate {
  const keys = new KeyCache(deps.fetchKeys, deps.clock);
  return async (token, signal) => {
    const claims = await verifiedClaims(token, keys, deps);
    const { namespace, pod: named, serviceaccount } = claims['kubernetes.io'];
    const waiting = { deps, signal };
    const findPod = (): Pod | undefined => deps.findPod(namespace, named.name);
    const pod = await awaitKnown(named.uid, findPod, waiting);
    if (pod === undefined) throw refused(deps, 'no such pod', claims);
    const findAccount = (): KubernetesObject | undefined =>
      deps.findAccount(namespace, serviceaccount.name);
    const account = await awaitKnown(serviceaccount.uid, findAccount, waiting);
    if (account === undefined) throw refused(deps, 'no such service account', claims);
    if (podMisfit(pod, claims)) throw refused(deps, 'pod does not run as that', claims);
    return proxyOf(claims);
  };
}

/**
 * Rejects with WeftError unless the API server of this mesh signed the token, it is in force, and it binds one pod to
 * one account.
 */
async function verifiedClaims(
  token: string,
  keys: KeyCache,
  deps: ProxyTokenDeps,
): Promise<TokenClaims> {
  const claims: unknown = await verifyToken(token, keys, deps.clock).catch((error: unknown) => {
    throw error instanceof TokenInvalid ? refused(deps, error.message, error.claims) : error;
  });
  if (!isPodBound(claims)) throw refused(deps, 'not bound to a pod');
  const { namespace, serviceaccount } = claims['kubernetes.io'];
  if (claims.sub !== `system:serviceaccount:${namespace}:${serviceaccount.name}`)
    throw refused(deps, 'another subject', claims);
  return claims;
}

function proxyOf({ exp, 'kubernetes.io': { namespace, pod, serviceaccount } }: TokenClaims): Proxy {
  return {
    pod: `${namespace}/${pod.name}`,
    uid: pod.uid,
    account: identityKey({ namespace, serviceAccount: serviceaccount.name }),
    expires: exp * 1000,
  };
}

interface Waiting {
  readonly deps: ProxyTokenDeps;
  readonly signal: AbortSignal;
}

/**
 * Waits for the object with this uid. An object of that name with another uid is older or newer: the cache may be
 * behind (docs/decisions/0074).
 */
async function awaitKnown<T extends KubernetesObject>(
  uid: string,
  find: () => T | undefined,
  { deps: { clock, cache }, signal }: Waiting,
): Promise<T | undefined> {
  const meant = (): T | undefined => {
    const found = find();
    return found?.metadata.uid === uid ? found : undefined;
  };
  const known = meant();
  if (known !== undefined) return known;
  const over = new AbortController();
  const waiting = AbortSignal.any([signal, over.signal]);
  const end = (): void => over.abort();
  void clock.sleep(waitMs, waiting).then(end, end);
  const topic = topicOf(meant, (changed) => cache.follow(changed));
  try {
    return await firstValue(topic, waiting);
  } catch (error) {
    if (!over.signal.aborted || signal.aborted) throw error;
    return undefined;
  } finally {
    over.abort();
  }
}

function podMisfit(pod: Pod, claims: TokenClaims): boolean {
  const phase = pod.status?.phase;
  if (phase === 'Succeeded' || phase === 'Failed') return true;
  return serviceAccountNameOf(pod) !== claims['kubernetes.io'].serviceaccount.name;
}

/** Names the pod when the claims do; they are the claims of a token whose signature is valid. */
function refused({ logger }: ProxyTokenDeps, reason: string, claims?: unknown): WeftError {
  const { namespace, pod } = isPodBound(claims) ? claims['kubernetes.io'] : {};
  logger.warn('proxy token refused', {
    reason,
    ...(pod === undefined ? {} : { pod: `${namespace}/${pod.name}` }),
  });
  return new WeftError('not-authenticated', 'not authenticated');
}
