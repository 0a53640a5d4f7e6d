import type { Clock } from '../common/clock.ts';
import type { Logger } from '../common/logger.ts';
import type { ApiClient, ObjectRef } from './api-client.ts';
import { noAnswer } from './api-failure.ts';
import type { Random } from './back-off.ts';
import { withinTime } from './time-limit.ts';

export interface LeaseTiming {
  /** How long others wait after they last saw the lease change; whole seconds. Default 15,000. */
  readonly leaseMs: number;
  /** A holder that could not renew for this long gives up; less than leaseMs. Default 10,000. */
  readonly renewMs: number;
  /** Time between two renewals. Default 2,000. */
  readonly retryMs: number;
  /** Time between two looks at a lease that another process holds. Default 1,000. */
  readonly pollMs: number;
}

export interface LeaderPlan {
  readonly client: Pick<ApiClient, 'get' | 'create' | 'merge'>;
  readonly namespace: string;
  readonly name: string;
  /** Unique to this process, such as the pod's name. */
  readonly identity: string;
  readonly clock: Clock;
  readonly random?: Random;
  readonly log?: Logger;
  readonly timing?: LeaseTiming;
}

/** A plan with nothing left open. */
export type LeaseSetup = Required<LeaderPlan> & { readonly ref: ObjectRef };

/** Limits one request to a third of the renewal time, so that a lost packet does not cost the leadership. */
export function timely<T>(
  plan: LeaseSetup,
  ask: (signal: AbortSignal) => Promise<T>,
  signal: AbortSignal,
): Promise<T> {
  const limit = {
    clock: plan.clock,
    ms: plan.timing.renewMs / 3,
    reason: () => noAnswer(new Error('time limit')),
  };
  return withinTime(limit, ask, signal);
}

/** About `ms`, a fifth more or less, so that contenders do not act at the same moments. */
export function jittered(plan: LeaseSetup, ms: number): number {
  return ms * (0.8 + 0.4 * plan.random());
}
