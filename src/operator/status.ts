import { stamp } from '../api/condition.ts';
import type { Condition } from '../api/core.ts';
import type { MeshConfig, MeshConfigStatus } from '../api/gen/mesh-config.ts';
import { deepEqual } from '../common/equal.ts';
import type { Frozen } from '../common/freeze.ts';
import { type ConditionType, judge, type Reason, type World } from './conditions.ts';
import { type CertificateBlock, tidingsOfRoots } from './rotation/tell.ts';
import { controlPlaneName } from '../api/control-plane-names.ts';

type Status = Frozen<MeshConfigStatus>;

/** What a status says besides what conditions are judged by. */
export interface StatusParts {
  readonly version: string;
  readonly certificate: CertificateBlock;
}

/** The status that a MeshConfig should have in this world. Pure. */
export function statusOf(
  meshConfig: MeshConfig,
  world: World,
  { version, certificate }: StatusParts,
): Status {
  const generation = meshConfig.metadata.generation ?? 0;
  const current: readonly Condition[] = meshConfig.status?.conditions ?? [];
  const conditions = stamp(judge(world), current, { generation, now: world.now });
  const head = { observedGeneration: generation, conditions };
  return world.refusal === undefined
    ? { ...head, version, certificate, ...inForce(world, version) }
    : head;
}

function inForce({ rollout, proxies }: World, version: string): Status {
  const { available, wanted } = rollout ?? { available: 0, wanted: 0 };
  const status = {
    components: [{ name: controlPlaneName, version, available: `${available}/${wanted}` }],
  };
  // While nobody reports, old counts would be a claim.
  if (proxies === undefined || available === 0) return status;
  return {
    ...status,
    proxies: { ...proxies, summary: `${proxies.synced}/${proxies.connected}` },
  };
}

/** Since when proxies have been behind, as the status tells; undefined if it does not. */
export function behindSince(meshConfig: MeshConfig): number | undefined {
  const condition = meshConfig.status?.conditions?.find(({ type }) => type === 'ProxiesSynced');
  if (condition?.status !== 'False') return undefined;
  return Date.parse(condition.lastTransitionTime);
}

/** Whether the MeshConfig says all this already. The order of conditions does not count. */
export function isCurrent(meshConfig: MeshConfig, status: Status): boolean {
  return deepEqual(sorted(meshConfig.status ?? {}), sorted(status));
}

/** What a user should be told of by an event when the status becomes this one. */
export interface Tiding {
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  readonly note: string;
}

/** That the mesh became ready, or stalled, or stopped to be ready, and why; and what roots went through. */
export function tidingsOf(meshConfig: MeshConfig, status: Status): readonly Tiding[] {
  const before = meshConfig.status;
  return [
    ...tidingsOfReady(before, status),
    ...tidingsOfRoots(before?.certificate, status.certificate),
    ...news.flatMap(({ type, on, reasons }) => {
      const [was, is] = [conditionIn(before, on), conditionIn(status, on)];
      if (is === undefined || is.reason === was?.reason || !reasons.includes(is.reason as Reason))
        return [];
      return [{ type, reason: is.reason, note: is.message }];
    }),
  ];
}

/** Reasons of conditions that are told by an event when they come up. */
const news: readonly (Pick<Tiding, 'type'> & {
  readonly on: ConditionType;
  readonly reasons: readonly Reason[];
})[] = [
  { type: 'Warning', on: 'Reconciling', reasons: ['RotationHeld', 'PreflightFailed'] },
  { type: 'Warning', on: 'CertificatesReady', reasons: ['IssuerFailing', 'RootEndsSoon'] },
  { type: 'Normal', on: 'CertificatesReady', reasons: ['RootRenewsSoon'] },
];

function tidingsOfReady(meshConfigStatus: Status | undefined, status: Status): readonly Tiding[] {
  const before = conditionIn(meshConfigStatus, 'Ready');
  const ready = conditionIn(status, 'Ready');
  if (ready === undefined || ready.reason === before?.reason) return [];
  const isTrouble = conditionIn(status, 'Stalled') !== undefined || before?.status === 'True';
  if (ready.status !== 'True' && (!isTrouble || ready.reason === 'Deleting')) return [];
  const type = ready.status === 'True' ? 'Normal' : 'Warning';
  return [{ type, reason: ready.reason, note: ready.message }];
}

function conditionIn(status: Status | undefined, type: string): Condition | undefined {
  return status?.conditions?.find((condition) => condition.type === type);
}

function sorted(status: Status): Status {
  const conditions = (status.conditions ?? []).toSorted((a, b) => (a.type < b.type ? -1 : 1));
  return { ...status, conditions };
}
