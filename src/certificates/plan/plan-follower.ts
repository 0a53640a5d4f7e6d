import type { MeshConfig } from '../../api/gen/mesh-config.ts';
import type { MeshRootCertificate } from '../../api/gen/mesh-root-certificate.ts';
import { deepEqual } from '../../common/equal.ts';
import type { IssuingPlan } from '../issuing-plan.ts';
import type { ObjectStore } from '../../kubernetes/store.ts';
import { issuingPlanOf } from './issuing-plan-of.ts';

export interface PlanFollowerDeps {
  readonly meshConfig: () => MeshConfig | undefined;
  /** The last good spec; undefined before there was one. */
  readonly spec: () => MeshConfig['spec'] | undefined;
  readonly records: Pick<ObjectStore<MeshRootCertificate>, 'objects' | 'synced'>;
}

/**
 * The plan that this replica follows. It never goes back to an earlier step, and stays as it is while the next plan
 * cannot be resolved. The same object until something in it changes.
 */
export class PlanFollower {
  readonly #deps: PlanFollowerDeps;
  #current: IssuingPlan | undefined;

  constructor(deps: PlanFollowerDeps) {
    this.#deps = deps;
  }

  get current(): IssuingPlan | undefined {
    return this.#current;
  }

  /** Reads the plan from the cache again; returns whether it changed. */
  update(): boolean {
    const { meshConfig: find, spec: specOf, records } = this.#deps;
    const [meshConfig, spec] = [find(), specOf()];
    if (meshConfig === undefined || spec === undefined || !records.synced) return false;
    const byName = new Map([...records.objects.values()].map((one) => [one.metadata.name, one]));
    const next = issuingPlanOf(meshConfig, spec, byName);
    if (next === undefined || next.step < (this.#current?.step ?? 0)) return false;
    if (deepEqual(next, this.#current)) return false;
    this.#current = next;
    return true;
  }
}
