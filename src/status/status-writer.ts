import { type WantedCondition, withTransitionTimes } from '../api/condition.ts';
import type { Condition } from '../api/core.ts';
import type { Clock } from '../common/clock.ts';
import type { Triggered } from '../common/component.ts';
import { WeftError } from '../common/errors.ts';
import type { Logger } from '../common/logger.ts';
import { Wakeup } from '../common/wakeup.ts';
import type { ApiClient } from '../kubernetes/api-client.ts';
import { soonestMs, StatusBacklog } from './status-backlog.ts';
import type { KeptStatus, PolicyObject } from './kept-status.ts';
import type { WantedStatus } from './wanted-status.ts';

const retryMs = 1000;
/**
 * While writes wait, a change makes the writer compute all statuses again, but at most this often: that takes all
 * policies.
 */
const refreshMs = 1000;
const resyncMs = 30_000;

export interface StatusWriterDeps {
  readonly client: ApiClient;
  readonly clock: Clock;
  readonly logger: Logger;
  /** The wanted status of every policy object; undefined while that is not known. */
  readonly wanted: () => readonly WantedStatus[] | undefined;
  /** Called after a write, with the status before it. */
  readonly onWritten: (wanted: WantedStatus) => void;
}

/** Whether the status now reports a refusal or loss for a reason that it did not report before. */
function isWorse(wanted: readonly WantedCondition[], current: readonly Condition[]): boolean {
  return wanted.some(({ type, status, reason }) => {
    if (status !== 'False' || reason === 'Pending') return false;
    const before = current.find((condition) => condition.type === type);
    return before?.status !== status || before.reason !== reason;
  });
}

/** A status that is to be written. */
interface Pending {
  readonly key: string;
  readonly namespace: string;
  readonly isUrgent: boolean;
  /** The object with its latest status as far as we know, and the wanted status. */
  readonly wanted: WantedStatus;
  /** The object as the cache holds it. */
  readonly cached: PolicyObject;
}

interface Written {
  readonly cached: PolicyObject;
  readonly status: KeptStatus;
}

/**
 * Writes the statuses that differ from what the API server holds: leader only, changes for the worse first, at the pace
 * of the backlog. While some wait, it computes the wanted statuses again, so that it writes no outdated status. Writes
 * nothing when nothing changed.
 */
export class StatusWriter implements Triggered {
  readonly name = 'status-writer';
  readonly leaderOnly = true;
  readonly #deps: StatusWriterDeps;
  #wakeup = new Wakeup();
  readonly #backlog: StatusBacklog<Pending>;
  /** The statuses that we wrote on objects that have not changed in the cache since. */
  #written = new Map<string, Written>();
  /** Something that statuses depend on changed since the last look. */
  #changed = true;
  /** A status could not be written or computed since the last look. */
  #again = false;
  #lookedAt = 0;

  constructor(deps: StatusWriterDeps) {
    this.#deps = deps;
    this.#backlog = new StatusBacklog(deps.clock);
  }

  /** Something that statuses depend on changed. */
  trigger(): void {
    this.#changed = true;
    this.#wakeup.wake();
  }

  async run(signal: AbortSignal): Promise<void> {
    const { clock } = this.#deps;
    this.#written = new Map();
    this.#look();
    while (!signal.aborted) {
      if (this.#isLookDue()) this.#look();
      const next = this.#backlog.take();
      if (next !== undefined) await this.#write(next, signal);
      else if (this.#backlog.size > 0) await this.#wakeup.wait(soonestMs, clock, signal);
      else {
        await this.#wakeup.wait(this.#again ? retryMs : resyncMs, clock, signal);
        this.#changed = true;
      }
    }
  }

  #isLookDue(): boolean {
    if (this.#backlog.size === 0) return this.#changed;
    // The absolute difference, since the clock may step back.
    const since = Math.abs(this.#deps.clock.now() - this.#lookedAt);
    return since >= (this.#changed || this.#again ? refreshMs : resyncMs);
  }

  /** Computes the pending writes. */
  #look(): void {
    this.#changed = false;
    // This look covers all triggers before it.
    this.#wakeup = new Wakeup();
    this.#lookedAt = this.#deps.clock.now();
    const all = this.#deps.wanted();
    this.#again = all === undefined;
    const written = new Map<string, Written>();
    const pending = (all ?? []).flatMap((wanted) => {
      const { kind, object, shape, status } = wanted;
      const { namespace = '', name } = object.metadata;
      const key = `${kind.kind}/${namespace}/${name}`;
      const own = this.#written.get(key);
      const isOurs = own?.cached === object;
      if (isOurs) written.set(key, own);
      const current: KeptStatus = (isOurs ? own.status : object.status) ?? {};
      if (shape.isUpToDate(status, current, object)) return [];
      const isUrgent = isWorse(status.conditions, current.conditions ?? []);
      const held = isOurs ? { ...object, status: own.status } : object;
      return [{ key, namespace, isUrgent, wanted: { ...wanted, object: held }, cached: object }];
    });
    if (all !== undefined) this.#written = written;
    this.#backlog.follow(pending);
  }

  async #write({ key, wanted, cached }: Pending, signal: AbortSignal): Promise<void> {
    const { kind, object, shape, status } = wanted;
    const { namespace, name } = object.metadata;
    const conditions = withTransitionTimes(
      status.conditions,
      object.status?.conditions ?? [],
      this.#deps.clock.now(),
    );
    const target = { client: this.#deps.client, kind, object };
    try {
      const written = await shape.write(target, { ...status, conditions }, signal);
      this.#written.set(key, { cached, status: written });
      this.#deps.onWritten(wanted);
    } catch (error) {
      const { code } = WeftError.from(error);
      if (code === 'api-not-found') return;
      this.#again = true;
      this.#deps.logger.warn('status not written', { kind: kind.kind, namespace, name, error });
    }
  }
}
