import { kinds } from '../api/kinds.ts';
import { WeftError } from '../common/errors.ts';
import { silentLogger } from '../common/logger.ts';
import {
  type LeaderPlan,
  type LeaseSetup,
  type LeaseTiming,
  jittered,
  timely,
} from './lease-plan.ts';
import { type Lease, isFree, isHeldBy, patienceMs, takenSpec } from './lease-record.ts';
import { Leadership } from './leadership.ts';

const usualTiming: LeaseTiming = { leaseMs: 15_000, renewMs: 10_000, retryMs: 2000, pollMs: 1000 };

/**
 * Runs `work` while this process holds the Lease. When the Lease cannot be renewed, the work's signal aborts, in time
 * before another process may hold it. The work must then end soon, and runs again when this process wins the Lease
 * again. Resolves when the signal aborts or the work ends on its own; in both cases the Lease is released once the work
 * has ended. Rejects as the work does. No decision compares the clocks of two machines: a holder counts as dead when
 * this process saw no change of its Lease for the whole lease duration.
 */
export async function runAsLeader(
  plan: LeaderPlan,
  work: (signal: AbortSignal) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  const contender = new LeaderElector(plan);
  while (!signal.aborted) {
    const term = await contender.win(signal);
    if (term === undefined) return;
    if (await lead(term, work, signal)) return;
  }
}

/** True when the work is over for good, false when the lease was lost. */
async function lead(
  term: Leadership,
  work: (signal: AbortSignal) => Promise<void>,
  signal: AbortSignal,
): Promise<boolean> {
  const onAbort = (): void => {
    term.end();
  };
  signal.addEventListener('abort', onAbort, { once: true });
  if (signal.aborted) term.end();
  const kept = term.keep();
  try {
    await work(term.signal);
    return !term.lost;
  } catch (error) {
    // An error of the work while it is being stopped is no failure.
    if (term.signal.aborted) return !term.lost;
    throw error;
  } finally {
    signal.removeEventListener('abort', onAbort);
    term.end();
    await kept;
    await term.release();
  }
}

/** Polls the lease until this process can take it. */
class LeaderElector {
  readonly #plan: LeaseSetup;
  #seen: { readonly version: string | undefined; expired: boolean } | undefined;

  constructor(plan: LeaderPlan) {
    const { namespace, name, log = silentLogger } = plan;
    this.#plan = {
      random: Math.random,
      timing: usualTiming,
      ...plan,
      log: log.with({ lease: `${namespace}/${name}` }),
      ref: { kind: kinds.lease, namespace, name },
    };
  }

  /** Undefined when the signal aborted first. */
  async win(signal: AbortSignal): Promise<Leadership | undefined> {
    const { clock, timing, log } = this.#plan;
    const watching = new AbortController();
    try {
      while (!signal.aborted) {
        const term = await this.#tryOnce(watching.signal, signal).catch((error: unknown) => {
          if (!signal.aborted) log.warn('cannot see or take the lease', { error });
          return undefined;
        });
        if (term !== undefined) return term;
        await clock.sleep(jittered(this.#plan, timing.pollMs), signal).catch(() => undefined);
      }
      return undefined;
    } finally {
      this.#seen = undefined;
      watching.abort();
    }
  }

  async #tryOnce(watching: AbortSignal, signal: AbortSignal): Promise<Leadership | undefined> {
    const { client, ref, identity } = this.#plan;
    const lease = await timely(this.#plan, (inner) => client.get<Lease>(ref, inner), signal);
    if (lease !== undefined && !isFree(lease) && !isHeldBy(lease, identity)) {
      if (!this.#isExpired(lease, watching)) return undefined;
    }
    // Our time starts before the request: others count from when they see its effect.
    const term = new Leadership(this.#plan);
    try {
      const taken = await timely(this.#plan, (inner) => this.#take(lease, inner), signal);
      term.begin(taken);
      return term;
    } catch (error) {
      term.end();
      if (error instanceof WeftError && error.code === 'api-conflict') return undefined;
      throw error;
    }
  }

  #take(lease: Lease | undefined, signal: AbortSignal): Promise<Lease> {
    const { client, clock, ref, identity, timing, namespace, name } = this.#plan;
    const spec = takenSpec(lease, { identity, leaseMs: timing.leaseMs, now: clock.now() });
    if (lease !== undefined) {
      const { resourceVersion } = lease.metadata;
      return client.merge<Lease>(ref, { value: { metadata: { resourceVersion }, spec } }, signal);
    }
    const fresh = {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: { namespace, name },
      ...(spec === undefined ? {} : { spec }),
    } as const;
    return client.create<Lease>(kinds.lease, fresh, signal);
  }

  /** True when this process has seen this same state of the lease for the holder's whole duration. */
  #isExpired(lease: Lease, watching: AbortSignal): boolean {
    const { clock, timing } = this.#plan;
    const version = lease.metadata.resourceVersion;
    if (this.#seen === undefined || this.#seen.version !== version) {
      const seen = { version, expired: false };
      this.#seen = seen;
      clock.sleep(patienceMs(lease, timing.leaseMs), watching).then(
        () => (seen.expired = true),
        () => undefined,
      );
    }
    return this.#seen.expired;
  }
}
