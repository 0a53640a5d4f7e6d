import type { MeshConfig, MeshConfigStatus } from '../../src/api/gen/mesh-config.ts';
import type { Frozen } from '../../src/common/freeze.ts';

type Certificate = NonNullable<Frozen<MeshConfigStatus>['certificate']>;

/** `status.certificate.rotation`: the progress of a switch. */
export type Rotation = NonNullable<Certificate['rotation']>;

/** Whether the mesh matches its spec, and no switch is under way. */
export function isSettled(meshConfig: MeshConfig): boolean {
  return whyUnsettled(meshConfig) === undefined;
}

/** Why a switch cannot begin now, and the next step; undefined when the mesh matches its spec. */
export function whyUnsettled({ metadata, spec, status }: MeshConfig): string | undefined {
  if (status?.observedGeneration !== metadata.generation) return notTakenUp;
  const { provider, rotation } = status?.certificate ?? {};
  if (rotation !== undefined) return underWay(rotation);
  return notReady(status) ?? otherProvider(status, provider, spec.certificate?.provider?.kind);
}

const notTakenUp =
  'the operator has not applied the last edit of the MeshConfig. If this lasts for more than a minute, see ' +
  'whether the operator runs: kubectl get deployment -n weft-system weft-operator';

function underWay({ from, to, phase, acknowledged = 0, total = 0, message }: Rotation): string {
  return [
    `a switch of roots is under way already: ${from ?? '(no root)'} → ${to}, ${phase}, ${acknowledged} of ${total} proxies.`,
    ...(message ? [message] : []),
    'Wait until it is done, and try again: kubectl get meshconfig -A --watch',
  ].join(' ');
}

function notReady(status: MeshConfig['status']): string | undefined {
  const ready = conditionOf(status, 'Ready');
  if (ready?.status === 'True') return undefined;
  return `the mesh is not ready: ${ready?.message ?? 'the operator has not reported on it yet.'}`;
}

function otherProvider(
  status: MeshConfig['status'],
  provider: string | undefined,
  wanted = 'builtIn',
): string | undefined {
  if (provider === wanted) return undefined;
  const why = conditionOf(status, 'Stalled') ?? conditionOf(status, 'Reconciling');
  return `the provider of certificates is ${provider ?? 'not known'}, and the MeshConfig asks for ${wanted}: ${why?.message ?? 'the operator has not reported the reason yet.'}`;
}

type Conditions = NonNullable<NonNullable<MeshConfig['status']>['conditions']>;

function conditionOf(status: MeshConfig['status'], wanted: string): Conditions[number] | undefined {
  return status?.conditions?.find(({ type }) => type === wanted);
}
