import type { Clock } from '../common/clock.ts';
import type { Logger } from '../common/logger.ts';
import type { ApiClient, ObjectRef } from './api-client.ts';
import { noAnswer } from './api-failure.ts';
import type { Random } from './back-off.ts';
import { withinTime } from './time-limit.ts';

export interface LeaseTiming {
  /** Others wait so long since they last saw the lease change; whole seconds. 15,000 unless told. */
  readonly leaseMs: number;
  /** A holder that could not renew for so long gives up; less than leaseMs. 10,000 unless told. */
  readonly renewMs: number;
  /** Between two renewals. 2,000 unless told. */
  readonly retryMs: number;
  /** Between two looks at a lease that another holds. 1,000 unless told. */
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

/** One request may take a third of the time there is, so that a lost packet costs no leadership. */
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

/** About `ms`: a fifth more or less, so that contenders do not march in step. */
export function jittered(plan: LeaseSetup, ms: number): number {
  return ms * (0.8 + 0.4 * plan.random());
}
