import type { MeshConfig } from '../../api/gen/mesh-config.ts';
import type { MeshRootCertificate } from '../../api/gen/mesh-root-certificate.ts';
import { untilAborted } from '../../common/aborted.ts';
import type { Component } from '../../common/component.ts';
import { deepEqual } from '../../common/equal.ts';
import type { Logger } from '../../common/logger.ts';
import { type Followed, Topic } from '../../common/topic.ts';
import type { ObjectStore } from '../../kubernetes/store.ts';
import type { IssuingPlan } from '../issuing-plan.ts';
import { issuingPlanOf } from './issuing-plan-of.ts';

/** The MeshConfig that the plan follows from. The value is the last valid spec, if there was one. */
export interface PlannedMesh extends Followed<MeshConfig['spec'] | undefined> {
  /** The object as it is in the cluster. */
  readonly found: MeshConfig | undefined;
}

export interface PlanFollowerDeps {
  readonly meshConfig: PlannedMesh;
  readonly records: Pick<
    ObjectStore<MeshRootCertificate>,
    'objects' | 'synced' | 'subscribe' | 'whenSynced'
  >;
  readonly logger: Logger;
}

/**
 * The plan that this replica follows. It never goes back to an earlier step, and stays as it is while the next plan
 * cannot be resolved. The same object until something in it changes.
 */
export class PlanFollower implements Component, Followed<IssuingPlan | undefined> {
  readonly name = 'certificate-plan';
  readonly leaderOnly = false;
  readonly #deps: PlanFollowerDeps;
  readonly #plan: Topic<IssuingPlan | undefined>;

  constructor(deps: PlanFollowerDeps) {
    this.#deps = deps;
    this.#plan = new Topic<IssuingPlan | undefined>(deps.logger, undefined);
  }

  get value(): IssuingPlan | undefined {
    return this.#plan.value;
  }

  follow(changed: () => void): () => void {
    return this.#plan.follow(changed);
  }

  async run(signal: AbortSignal): Promise<void> {
    const { meshConfig, records } = this.#deps;
    const update = (): void => this.#update();
    const stops = [meshConfig.follow(update), records.subscribe(update)];
    await records.whenSynced(signal).then(update, () => undefined);
    await untilAborted(signal);
    for (const stop of stops) stop();
  }

  /** Reads the plan from the cache again. */
  #update(): void {
    const { meshConfig, records } = this.#deps;
    const { found, value: spec } = meshConfig;
    if (found === undefined || spec === undefined || !records.synced) return;
    const byName = new Map([...records.objects.values()].map((one) => [one.metadata.name, one]));
    const next = issuingPlanOf(found, spec, byName);
    if (next === undefined || next.step < (this.value?.step ?? 0)) return;
    if (!deepEqual(next, this.value)) this.#plan.publish(next);
  }
}
