import { createHash } from 'node:crypto';
import type { KubernetesObject } from '../api/core.ts';
import { kinds } from '../api/kinds.ts';
import type { Clock } from '../common/clock.ts';
import type { Logger } from '../common/logger.ts';
import type { MetricsAccess, MetricsVerdict } from '../connections/metrics-server.ts';
import { networkOf } from '../common/network-of.ts';
import type { ApiClient } from './api-client.ts';

interface TokenReview extends KubernetesObject {
  readonly spec: { readonly token: string };
  readonly status?: {
    readonly authenticated?: boolean;
    readonly user?: { readonly username?: string; readonly groups?: readonly string[] };
  };
}

interface SubjectAccessReview extends KubernetesObject {
  readonly spec: object;
  readonly status?: { readonly allowed?: boolean };
}

type Api = Pick<ApiClient, 'create'>;

const timeoutMs = 5_000;
const keptMs = { allowed: 60_000, refused: 10_000 };
const mostKept = 256;
/** Questions to the API server per second, for tokens from one address and for all tokens. */
const questions = { perAddress: 2, total: 20 };

/**
 * Gives metrics to callers that may `get` the URL /metrics, by TokenReview and SubjectAccessReview
 * (docs/decisions/0064). Answers are kept and questions are limited, so that unknown tokens cost the API server next to
 * nothing.
 */
export function metricsAccess(api: Api, clock: Clock, logger: Logger): MetricsAccess {
  const kept = new Map<string, { readonly verdict: MetricsVerdict; readonly until: number }>();
  const pace = new Pace(clock);
  return async (token, address) => {
    const key = createHash('sha256').update(token).digest('base64');
    const known = kept.get(key);
    if (known !== undefined && known.until > clock.now()) return known.verdict;
    if (!pace.take(networkOf(address))) return 'unavailable';
    try {
      const verdict = await ask(api, token, AbortSignal.timeout(timeoutMs));
      const life = verdict === 'allowed' ? keptMs.allowed : keptMs.refused;
      kept.delete(key);
      kept.set(key, { verdict, until: clock.now() + life });
      for (const oldest of kept.keys()) if (kept.size > mostKept) kept.delete(oldest);
      return verdict;
    } catch (error) {
      logger.warn('cannot ask the API server who may read metrics', { error });
      return 'unavailable';
    }
  };
}

async function ask(api: Api, token: string, signal: AbortSignal): Promise<MetricsVerdict> {
  const review: TokenReview = {
    apiVersion: 'authentication.k8s.io/v1',
    kind: 'TokenReview',
    metadata: { name: '' },
    spec: { token },
  };
  const { status } = await api.create(kinds.tokenReview, review, signal);
  const { username, groups = [] } = status?.user ?? {};
  if (status?.authenticated !== true || username === undefined) return 'unauthenticated';
  const access: SubjectAccessReview = {
    apiVersion: 'authorization.k8s.io/v1',
    kind: 'SubjectAccessReview',
    metadata: { name: '' },
    spec: { user: username, groups, nonResourceAttributes: { path: '/metrics', verb: 'get' } },
  };
  const answer = await api.create(kinds.subjectAccessReview, access, signal);
  return answer.status?.allowed === true ? 'allowed' : 'forbidden';
}

/** Counts questions per second; it remembers only the networks of one second. */
class Pace {
  readonly #clock: Clock;
  #second = 0;
  #total = 0;
  #byNetwork = new Map<string, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  take(network: string): boolean {
    const second = Math.floor(this.#clock.now() / 1_000);
    if (second !== this.#second) {
      this.#second = second;
      this.#total = 0;
      this.#byNetwork = new Map();
    }
    const own = this.#byNetwork.get(network) ?? 0;
    if (own >= questions.perAddress || this.#total >= questions.total) return false;
    this.#byNetwork.set(network, own + 1);
    this.#total += 1;
    return true;
  }
}
