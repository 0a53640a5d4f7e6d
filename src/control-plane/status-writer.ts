import type { KubernetesObject } from '../api/core.ts';
import { controlPlaneName } from '../api/control-plane-names.ts';
import { apiVersionOf, type Kind } from '../api/kinds.ts';
import type { Clock } from '../common/clock.ts';
import type { Component } from '../common/component.ts';
import { WeftError } from '../common/errors.ts';
import type { Logger } from '../common/logger.ts';
import { Wakeup } from '../common/wakeup.ts';
import { TokenBucket } from '../common/token-bucket.ts';
import type { ApiClient } from '../kubernetes/api-client.ts';
import { withTransitionTimes } from '../api/condition.ts';
import {
  type PolicyStatus,
  statusNumbers,
  statusTexts,
  type WantedPolicyStatus,
} from './policy-status.ts';

/** Field manager of everything that the control plane applies. */
export const fieldManager = controlPlaneName;
const burst = 20;
const refillMs = 200;
const retryMs = 1000;
const resyncMs = 30_000;

/** An object whose status Weft owns, as the cache holds it. */
export interface PolicyObject extends KubernetesObject {
  readonly status?: Partial<PolicyStatus>;
}

/** One object and the status it should have. */
export interface WantedStatus {
  readonly kind: Kind;
  readonly object: PolicyObject;
  readonly status: WantedPolicyStatus;
}

export interface StatusWriterDeps {
  readonly client: ApiClient;
  readonly clock: Clock;
  readonly logger: Logger;
  /** The statuses as they should be now, for every policy object there is; undefined: not known for a moment. */
  readonly wanted: () => readonly WantedStatus[] | undefined;
  /** Called after a write, with the status before it. */
  readonly onWritten: (wanted: WantedStatus) => void;
}

function sameCondition(a: object, b: object | undefined): boolean {
  const shown = (o: object): string =>
    JSON.stringify(o, ['type', 'status', 'reason', 'message', 'observedGeneration']);
  return b !== undefined && shown(a) === shown(b);
}

/** Whether `current` already says what is wanted; times do not count. */
export function isUpToDate(wanted: WantedPolicyStatus, current: Partial<PolicyStatus>): boolean {
  return (
    [...statusNumbers, ...statusTexts].every((field) => wanted[field] === current[field]) &&
    wanted.conditions.every((condition) =>
      sameCondition(
        condition,
        current.conditions?.find((c) => c.type === condition.type),
      ),
    )
  );
}

/**
 * Writes the statuses that differ from what the API server holds: leader only, in the order of
 * `wanted`, at most five a second after a burst of twenty. Nothing is written when nothing changed.
 */
export class StatusWriter implements Component {
  readonly name = 'status-writer';
  readonly leaderOnly = true;
  readonly #deps: StatusWriterDeps;
  readonly #wakeup = new Wakeup();
  readonly #bucket: TokenBucket;

  constructor(deps: StatusWriterDeps) {
    this.#deps = deps;
    this.#bucket = new TokenBucket(deps.clock, { burst, everyMs: refillMs });
  }

  /** Something that statuses depend on changed. */
  trigger(): void {
    this.#wakeup.wake();
  }

  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const again = await this.#writeAll(signal);
      await this.#wakeup.wait(again ? retryMs : resyncMs, this.#deps.clock, signal);
    }
  }

  /** True when something is left to write. */
  async #writeAll(signal: AbortSignal): Promise<boolean> {
    let failed = false;
    const all = this.#deps.wanted();
    if (all === undefined) return true;
    for (const wanted of all) {
      if (signal.aborted) return false;
      if (isUpToDate(wanted.status, wanted.object.status ?? {})) continue;
      while (!this.#bucket.take()) await this.#deps.clock.sleep(refillMs, signal);
      failed = !(await this.#write(wanted, signal)) || failed;
    }
    return failed;
  }

  async #write(wanted: WantedStatus, signal: AbortSignal): Promise<boolean> {
    const { kind, object, status } = wanted;
    const { namespace, name } = object.metadata;
    const conditions = withTransitionTimes(
      status.conditions,
      object.status?.conditions ?? [],
      this.#deps.clock.now(),
    );
    const applied = {
      apiVersion: apiVersionOf(kind),
      kind: kind.kind,
      metadata: { name, ...(namespace === undefined ? {} : { namespace }) },
      status: { ...status, conditions },
    };
    try {
      await this.#deps.client.apply(
        kind,
        applied,
        { fieldManager, force: true, subresource: 'status' },
        signal,
      );
      this.#deps.onWritten(wanted);
      return true;
    } catch (error) {
      const { code } = WeftError.from(error);
      if (code === 'api-not-found') return true;
      this.#deps.logger.warn('status not written', { kind: kind.kind, namespace, name, error });
      return false;
    }
  }
}
