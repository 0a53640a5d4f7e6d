import type { KubernetesObject } from '../api/core.ts';
import { kinds } from '../api/kinds.ts';
import type { Clock } from '../common/clock.ts';
import { WeftError } from '../common/errors.ts';
import type { Logger } from '../common/logger.ts';
import type { ApiClient } from '../kubernetes/api-client.ts';
import { type Desired, identify } from './desired.ts';
import { type Applied, type ObjectDifference, diff } from './diff.ts';
import { fieldManager } from './names.ts';
import type { Removal } from './prune.ts';
import { RepairPace } from './repair-pace.ts';

/** Something that happened to an object of the operator's, for events and the log. */
export interface AppliedChange {
  readonly reason: 'Created' | 'Updated' | 'Repaired' | 'Removed';
  readonly identity: string;
}

export interface ApplierDeps {
  readonly client: ApiClient;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Called for each object that changed. */
  readonly onChange: (deed: AppliedChange) => void;
}

const reasons = { create: 'Created', update: 'Updated', repair: 'Repaired' } as const;

/**
 * Makes live objects match the declared ones by server-side apply under one field manager. Remembers the API server's
 * answers, so that the next difference is only what another client changed.
 */
export class Applier {
  readonly #deps: ApplierDeps;
  readonly #applied = new Map<string, Applied>();
  readonly #pace = new RepairPace();
  /** UIDs of removed objects, so that a stale cache does not cause a second removal and a second event. */
  readonly #removed = new Set<string>();

  constructor(deps: ApplierDeps) {
    this.#deps = deps;
  }

  /**
   * Applies what differs, in order. Resolves to the milliseconds after which to look again, when a
   * repair must wait; rejects with the API server's error for the first object that it refuses.
   */
  async apply(
    desired: readonly Desired[],
    live: ReadonlyMap<string, KubernetesObject>,
    signal: AbortSignal,
  ): Promise<number | undefined> {
    let again: number | undefined;
    for (const change of diff({ desired, live, applied: this.#applied })) {
      const identity = identify(change.desired.kind, change.desired.object.metadata.name);
      const now = this.#deps.clock.now();
      const wait = change.reason === 'repair' ? this.#pace.wait(identity, now) : 0;
      if (wait > 0) again = Math.min(again ?? wait, wait);
      else await this.#change(change, live.get(identity), signal);
    }
    return again;
  }

  /** Restores applied objects that another client changed, and changes nothing else. */
  async repair(
    live: ReadonlyMap<string, KubernetesObject>,
    signal: AbortSignal,
  ): Promise<number | undefined> {
    const desired = [...this.#applied.values()].map((applied) => applied.desired);
    return this.apply(desired, live, signal);
  }

  /** Removes objects, in order. */
  async remove(removals: readonly Removal[], signal: AbortSignal): Promise<void> {
    for (const { ref, uid } of removals) {
      if (this.#removed.has(uid)) continue;
      await this.#deps.client.remove(ref, { uid, propagation: 'Background' }, signal);
      const identity = identify(ref.kind, ref.name);
      this.#applied.delete(identity);
      this.#removed.add(uid);
      this.#deps.onChange({ reason: 'Removed', identity });
    }
  }

  /** Forgets what was applied: the next objects of these names are new ones. */
  forget(): void {
    this.#applied.clear();
  }

  async #change(
    { reason, desired }: ObjectDifference,
    live: KubernetesObject | undefined,
    signal: AbortSignal,
  ): Promise<void> {
    const { client, clock, onChange } = this.#deps;
    const identity = identify(desired.kind, desired.object.metadata.name);
    const before = this.#applied.get(identity);
    await this.#handOverReplicas(desired, live, signal);
    const options = { fieldManager, force: true };
    const answer = await client.apply(desired.kind, desired.object, options, signal);
    this.#applied.set(identity, { desired, answer });
    if (isSameVersion(answer, live) || isSameVersion(answer, before?.answer)) return;
    if (reason === 'repair') this.#pace.repaired(identity, clock.now());
    onChange({ reason: reasons[reason], identity });
  }

  /**
   * Before the operator stops declaring `replicas` for an autoscaler, another field manager must own that field:
   * otherwise the number would fall to 1 for a moment.
   */
  async #handOverReplicas(
    { kind, object }: Desired,
    live: KubernetesObject | undefined,
    signal: AbortSignal,
  ): Promise<void> {
    if (kind !== kinds.deployment || live === undefined) return;
    const replicas = replicasOf(live);
    if (replicas === undefined || !this.#givesUpReplicas(object)) return;
    const { apiVersion, metadata } = object;
    const { name, namespace = '' } = metadata;
    const part = { apiVersion, kind: kind.kind, metadata: { name, namespace }, spec: { replicas } };
    const options = { fieldManager: `${fieldManager}-handover` };
    try {
      await this.#deps.client.apply(kind, part, options, signal);
    } catch (error) {
      // A conflict says that the autoscaler is the owner already.
      if (WeftError.from(error).code !== 'api-conflict') throw error;
    }
  }

  /** Whether this Deployment sets no replicas, and the earlier Deployment set replicas or is unknown. */
  #givesUpReplicas(object: KubernetesObject): boolean {
    if (replicasOf(object) !== undefined) return false;
    const before = this.#applied.get(identify(kinds.deployment, object.metadata.name));
    return before === undefined || replicasOf(before.desired.object) !== undefined;
  }
}

function replicasOf(object: KubernetesObject & { readonly spec?: unknown }): number | undefined {
  return (object.spec as { readonly replicas?: number } | undefined)?.replicas;
}

function isSameVersion(answer: KubernetesObject, other: KubernetesObject | undefined): boolean {
  const { uid, resourceVersion } = answer.metadata;
  return other?.metadata.uid === uid && other?.metadata.resourceVersion === resourceVersion;
}
