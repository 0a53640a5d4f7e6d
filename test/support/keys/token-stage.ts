import type { KubernetesObject, Pod } from '../../../src/api/core.ts';
import type { PublishedKeys } from '../../../src/authentication/jwks.ts';
import { proxyTokens } from '../../../src/authentication/proxy-token.ts';
import { silentLogger } from '../../../src/common/logger.ts';
import { Topic } from '../../../src/common/topic.ts';
import type { Proxy } from '../../../src/policy/proxy.ts';
import { FakeClock, settle } from '../time/fake-clock.ts';
import { now, published } from './account-tokens.ts';

/** A check of tokens, with the cluster and the API server's keys as a test sets them. */
export class TokenStage {
  readonly clock = new FakeClock(now);
  readonly pods = new Map<string, Pod>([['shop/cart-1', makeTokenPod()]]);
  readonly accounts = new Map<string, KubernetesObject>([['shop/cart', makeAccount('sa-uid')]]);
  readonly #cache = new Topic(silentLogger, {});
  /** How often the keys were fetched. */
  fetches = 0;
  /** What the API server answers when it is asked for its keys. */
  keys: () => Promise<PublishedKeys> = () => Promise.resolve(published);
  /** Warnings, as JSON. */
  readonly logged: string[] = [];

  /** A new check, which has fetched no keys yet. */
  authentication(signal = new AbortController().signal): (token: string) => Promise<Proxy> {
    const authenticate = proxyTokens({
      fetchKeys: () => {
        this.fetches += 1;
        return this.keys();
      },
      findPod: (namespace, name) => this.pods.get(`${namespace}/${name}`),
      findAccount: (namespace, name) => this.accounts.get(`${namespace}/${name}`),
      cache: this.#cache,
      clock: this.clock,
      logger: {
        ...silentLogger,
        warn: (message, fields) => void this.logged.push(JSON.stringify({ message, ...fields })),
      },
    });
    return (token) => authenticate(token, signal);
  }

  /** Tells the checks that pods or accounts changed. */
  notify(): void {
    this.#cache.publish({});
  }

  /** Signatures are verified on another thread, so it takes a while until a check waits for the cache. */
  async waiting(): Promise<void> {
    while (this.clock.sleeping === 0) await settle();
  }
}

export function makeTokenPod(
  more: { uid?: string; phase?: string; serviceAccountName?: string } = {},
): Pod {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { namespace: 'shop', name: 'cart-1', uid: more.uid ?? 'uid-1' },
    spec: { serviceAccountName: more.serviceAccountName ?? 'cart', containers: [] },
    status: { phase: more.phase ?? 'Running' },
  };
}

export function makeAccount(uid: string): KubernetesObject {
  const metadata = { namespace: 'shop', name: 'cart', uid };
  return { apiVersion: 'v1', kind: 'ServiceAccount', metadata };
}
