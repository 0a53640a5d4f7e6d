import { reportKey } from '../api/certificate-report.ts';
import type { ConfigMap } from '../api/core.ts';
import type { MeshConfig } from '../api/gen/mesh-config.ts';
import { kinds, type Kind } from '../api/kinds.ts';
import { parseReport } from '../api/parse-report.ts';
import type { Clock } from '../common/clock.ts';
import { WeftError } from '../common/errors.ts';
import type { Logger } from '../common/logger.ts';
import type { ApiClient, ObjectRef } from '../kubernetes/api-client.ts';
import type { EventRecorder } from '../kubernetes/events.ts';
import type { Applier } from './applier.ts';
import type { OperatorWatches } from './watches.ts';
import {
  bootstrapConfigMap,
  caBundleConfigMap,
  certificatesConfigMap,
  controlPlaneName,
  meshLabel,
  proxiesConfigMap,
} from '../api/control-plane-names.ts';
import { gatewayLeft } from './gateway-left.ts';
import { podLabels } from './names.ts';
import { type Owned, prune } from './prune.ts';
import { releaseRoots } from './release-roots.ts';
import { meshNameOf } from '../api/mesh-name.ts';

export interface FinalizeDeps {
  readonly client: ApiClient;
  readonly watched: Pick<OperatorWatches, 'owned' | 'certificates'>;
  readonly applier: Pick<Applier, 'remove' | 'forget'>;
  readonly events: EventRecorder;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** A mesh that is being removed, or whose MeshConfig is gone. */
export interface Leaving {
  readonly namespace: string;
  /** The MeshConfig as last seen; undefined when this operator never saw it. */
  readonly meshConfig: MeshConfig | undefined;
  /** When its removal began, in ms since the epoch. */
  readonly since: number;
}

/** How long after the start of the removal a step may be unfinished, in ms, before the next step runs anyway. */
const stepLimitsMs = {
  webhooks: 10_000,
  gateway: 10_000,
  workload: 45_000,
  rights: 50_000,
  traces: 60_000,
};
const pollMs = 250;

/**
 * Removes what the operator and the control plane made for a mesh (docs/decisions/0034). First the webhooks, so that no
 * pod start waits for a process that stops. Then the control plane, once it has removed the ingress gateway's Secret:
 * only the control plane may. Then its rights, once its pods are gone, so that it can write no more. Then its
 * ConfigMaps and the records of its roots. Nothing waits for this removal, the MeshConfig least of all: without an
 * operator, everything goes with the namespace. Resolves to the milliseconds until the next try, or to undefined when
 * all is done. It always ends: it gives up a step whose time is up, logs that, and takes the next step.
 */
export async function finalize(
  leaving: Leaving,
  deps: FinalizeDeps,
  signal: AbortSignal,
): Promise<number | undefined> {
  const elapsed = deps.clock.now() - leaving.since;
  const steps = [
    { name: 'webhooks', run: () => removeOwned(deps, isWebhook, signal) },
    { name: 'gateway', run: () => Promise.resolve(lookAtGateway(leaving, deps, elapsed)) },
    { name: 'workload', run: () => removeWorkload(leaving, deps, signal) },
    { name: 'rights', run: () => removeOwned(deps, () => true, signal) },
    { name: 'traces', run: () => removeTraces(leaving, deps, signal) },
  ] as const;
  for (const { name, run } of steps) {
    const left = await attempt(run, deps.logger);
    signal.throwIfAborted();
    if (left === undefined) continue;
    if (elapsed < stepLimitsMs[name]) return pollMs;
    deps.logger.warn('gave up a step of the removal', { step: name, left });
  }
  deps.applier.forget();
  return undefined;
}

/** The unfinished part of a step, in words; undefined when the step is done. */
async function attempt(
  run: () => Promise<string | undefined>,
  logger: Logger,
): Promise<string | undefined> {
  try {
    return await run();
  } catch (error) {
    logger.warn('a step of the removal failed', { error });
    return WeftError.from(error).message;
  }
}

function isWebhook({ group }: Kind): boolean {
  return group === kinds.mutatingWebhookConfiguration.group;
}

function isRight({ group, plural }: Kind): boolean {
  return group === kinds.role.group || plural === kinds.serviceAccount.plural;
}

function isWorkload(kind: Kind): boolean {
  return !isRight(kind) && !isWebhook(kind);
}

async function removeOwned(
  { watched, applier }: FinalizeDeps,
  which: (kind: Kind) => boolean,
  signal: AbortSignal,
): Promise<string | undefined> {
  const objects = (): readonly Owned[] => watched.owned.filter(({ kind }) => which(kind));
  await applier.remove(prune(objects(), new Set()), signal);
  const [left] = objects();
  return left === undefined ? undefined : `${left.kind.kind}/${left.object.metadata.name}`;
}

/**
 * The gateway Secret that the control plane still has to remove. Undefined without one, and once the control plane's
 * own objects are gone: then nothing can remove it.
 */
function lookAtGateway(
  { meshConfig }: Leaving,
  { watched, events, logger }: FinalizeDeps,
  elapsed: number,
): string | undefined {
  const left = gatewayLeft(
    meshConfig?.spec ?? {},
    parseReport(watched.certificates?.data?.[reportKey]),
  );
  if (left === undefined || !watched.owned.some(({ kind }) => isWorkload(kind))) return undefined;
  const { secret, why } = left;
  if (elapsed >= stepLimitsMs.gateway) {
    const note = `Secret ${secret} of the ingress gateway may be left: ${why}. Delete it yourself.`;
    logger.warn('gateway secret left', { note });
    const event = { type: 'Warning', reason: 'GatewaySecretLeft', note } as const;
    if (meshConfig !== undefined) events.record({ regarding: meshConfig, ...event });
  }
  return `Secret/${secret}`;
}

async function removeWorkload(
  { namespace }: Leaving,
  deps: FinalizeDeps,
  signal: AbortSignal,
): Promise<string | undefined> {
  const left = await removeOwned(deps, (kind) => !isRight(kind), signal);
  if (left !== undefined) return left;
  const labelSelector = Object.entries(podLabels)
    .map(([key, value]) => `${key}=${value}`)
    .join(',');
  const pods = await deps.client.list(kinds.pod, { namespace, labelSelector }, signal);
  return pods[0] === undefined ? undefined : `Pod/${pods[0].metadata.name}`;
}

/** Removes what the control plane made: the sidecars' ConfigMaps everywhere, its own, the roots' records. */
async function removeTraces(
  { namespace, meshConfig }: Leaving,
  { client }: FinalizeDeps,
  signal: AbortSignal,
): Promise<string | undefined> {
  const fieldSelector = `metadata.name=${bootstrapConfigMap}`;
  const everywhere = await client.list<ConfigMap>(kinds.configMap, { fieldSelector }, signal);
  const ours = everywhere.filter(({ metadata }) => {
    const mesh = metadata.labels?.[meshLabel];
    return mesh !== undefined && (meshConfig === undefined || mesh === meshNameOf(meshConfig.spec));
  });
  const refs: readonly ObjectRef[] = [
    ...ours.map(({ metadata }) => ({
      kind: kinds.configMap,
      namespace: metadata.namespace ?? '',
      name: metadata.name,
    })),
    { kind: kinds.configMap, namespace, name: caBundleConfigMap },
    { kind: kinds.configMap, namespace, name: proxiesConfigMap },
    { kind: kinds.configMap, namespace, name: certificatesConfigMap },
    { kind: kinds.lease, namespace, name: controlPlaneName },
  ];
  for (const ref of refs) await client.remove(ref, {}, signal);
  await releaseRoots(namespace, client, signal);
  return undefined;
}
