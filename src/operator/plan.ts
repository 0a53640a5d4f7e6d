import { controlPlaneName } from '../api/control-plane-names.ts';
import type { OwnerReference } from '../api/core.ts';
import type { MeshConfig } from '../api/gen/mesh-config.ts';
import { kinds } from '../api/kinds.ts';
import { planAccess } from './access.ts';
import type { RootNeeds } from '../rotation/needs.ts';
import { type Desired, identify, ownedBy } from './desired.ts';
import { planWebhooks, webhookNames } from './webhooks.ts';
import { planWorkload, type WorkloadFacts } from './workload.ts';

/** What a plan depends on besides the MeshConfig. */
export interface PlanFacts extends WorkloadFacts {
  /** PEM of the authorities that the control plane published; undefined until it has. */
  readonly caBundle: string | undefined;
  /** What the control plane must reach for the roots of the mesh. */
  readonly needs: RootNeeds;
  /** Whether a replica of the control plane is there to answer webhooks. */
  readonly available: boolean;
  /** The namespace of the mesh as an owner; undefined when it is not known. */
  readonly home: OwnerReference | undefined;
  /** Identities of the operator's objects there are now. */
  readonly live: ReadonlySet<string>;
}

export interface Plan {
  /** In the order to apply them. */
  readonly objects: readonly Desired[];
  /** Identities that are wanted, but left as they are for now: not pruned, not applied. */
  readonly kept: ReadonlySet<string>;
}

/**
 * MeshConfig → the objects of the mesh. Pure. Webhooks come last, and only once a control plane is available
 * to answer them: without it, a webhook configuration would keep every pod of the mesh from starting.
 * When the control plane goes away later, they stay, because the mesh stays closed. The Deployment
 * waits for the ServiceAccount of its pods.
 *
 * | bundle | available | live | webhooks |
 * |--------|-----------|------|----------|
 * | yes    | yes       | any  | applied  |
 * | yes    | no        | yes  | applied  |
 * | yes    | no        | no   | absent   |
 * | no     | any       | any  | kept     |
 */
export function plan(meshConfig: MeshConfig, facts: PlanFacts): Plan {
  const { caBundle, account, home } = facts;
  const objects = [...planAccess(meshConfig, facts.needs), ...planWorkload(meshConfig, facts)];
  const waiting = account === undefined ? [identify(kinds.deployment, controlPlaneName)] : [];
  if (caBundle === undefined) {
    return {
      objects: ownedBy(home, objects),
      kept: new Set([...waiting, ...webhookIdentities]),
    };
  }
  const wanted = planWebhooks(meshConfig, caBundle).filter(
    ({ kind, object }) => facts.available || facts.live.has(identify(kind, object.metadata.name)),
  );
  return { objects: ownedBy(home, [...objects, ...wanted]), kept: new Set(waiting) };
}

/** The identities of the webhook configurations. */
export const webhookIdentities: ReadonlySet<string> = new Set([
  identify(kinds.mutatingWebhookConfiguration, webhookNames.injector),
  identify(kinds.validatingWebhookConfiguration, webhookNames.validator),
]);
