import type { KubernetesObject } from '../api/core.ts';
import type { MeshConfig } from '../api/gen/mesh-config.ts';
import { apiVersionOf, kinds } from '../api/kinds.ts';
import type { Clock } from '../common/clock.ts';
import { WeftError } from '../common/errors.ts';
import type { Logger } from '../common/logger.ts';
import type { ApiClient } from '../kubernetes/api-client.ts';
import { apiStatusOf } from '../kubernetes/api-failure.ts';
import type { EventRecorder } from '../kubernetes/events.ts';
import type { StoreKey } from '../kubernetes/store.ts';
import type { Result } from '../kubernetes/work-queue.ts';
import type { Applier } from './applier.ts';
import type { StatusInputs } from './condition-words.ts';
import { noRotation } from './conditions.ts';
import { homeOf, identify } from './desired.ts';
import type { OperatorWatches } from './watches.ts';
import { readBundle, readProxies, readRollout } from './facts.ts';
import { finalize } from './finalize.ts';
import { controlPlaneName } from '../api/control-plane-names.ts';
import type { MeshEnd } from './mesh-end.ts';
import { fieldManager } from './names.ts';
import { plan, webhookIdentities } from './plan.ts';
import { prune } from './prune.ts';
import { keepRoots } from './keep-roots.ts';
import { observeRotation, type RotationState } from './roots.ts';
import { refusalOf, activeMeshConfig } from './active-mesh-config.ts';
import type { CertificateBlock } from '../rotation/rotation-status.ts';
import { isCurrent, statusOf, untilHeartbeat } from './status.ts';
import { eventsFor } from './status-events.ts';
import { validateSpec } from '../api/validate-mesh-config.ts';
import type { Images } from '../api/published-images.ts';

export interface ReconcileDeps {
  readonly client: ApiClient;
  readonly watched: OperatorWatches;
  readonly applier: Applier;
  readonly meshEnd: MeshEnd;
  readonly events: EventRecorder;
  readonly namespace: string;
  readonly version: string;
  /** What is deployed now. */
  readonly images: () => Images;
  readonly vaultAddresses?: readonly string[];
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * How long to wait, in ms, after the API server refused an object for now (`soon`) or for good (`never`), unless
 * something changes first.
 */
const refusedMs = { soon: 2000, never: 15_000 };
/** How long to wait for our cache when it is behind. */
const changedMs = 100;

/**
 * Makes the cluster match one MeshConfig, and the MeshConfig's status match the cluster. Level-triggered: reads the
 * current state each time, so it may be called at any moment, for any reason, with the key alone (docs/decisions/0001).
 */
export async function reconcile(
  key: StoreKey,
  deps: ReconcileDeps,
  signal: AbortSignal,
): Promise<Result> {
  const { watched, namespace, meshEnd } = deps;
  const active = activeMeshConfig(watched.meshConfigs.objects.values(), namespace);
  const meshConfig = watched.meshConfigs.objects.get(key);
  if (meshConfig === undefined) return active === undefined ? removeLeft(deps, signal) : undefined;
  if (meshConfig !== active) {
    const late = await report(meshConfig, observe(meshConfig, deps, { active }), { deps, signal });
    return requeueAfter(late);
  }
  if (isLeaving(meshConfig) || isLeaving(watched.home)) {
    const look = observe(meshConfig, deps, { active });
    await report(meshConfig, look, { deps, signal }).catch((error: unknown) => {
      deps.logger.warn('status not written', { error });
    });
    return remove(deps, signal, meshConfig);
  }
  if (meshEnd.isBefore(meshConfig)) return (await remove(deps, signal)) ?? { requeueAfterMs: 0 };
  meshEnd.rules(meshConfig);
  return bringIntoForce(meshConfig, deps, signal);
}

function isLeaving(object: KubernetesObject | undefined): boolean {
  return object?.metadata.deletionTimestamp !== undefined;
}

/** Applies the active MeshConfig. A spec with problems changes only the status. */
async function bringIntoForce(
  meshConfig: MeshConfig,
  deps: ReconcileDeps,
  signal: AbortSignal,
): Promise<Result> {
  const problems = validateSpec(meshConfig);
  const roots =
    problems.length === 0 ? observeRotation(meshConfig, deps.watched, deps.clock.now()) : undefined;
  const look = observe(meshConfig, deps, { active: meshConfig, problems, roots });
  const done = await attempt(deps, () =>
    roots === undefined
      ? deps.applier.repair(deps.watched.live, signal)
      : bringAbout(meshConfig, { ...look, roots }, { deps, signal }),
  );
  const { rejection } = done;
  const late = await report(meshConfig, { ...look, rejection }, { deps, signal });
  const beat = untilHeartbeat(meshConfig, look.now);
  return requeueAfter(done.again, roots?.status.recheckMs, late, beat);
}

interface Done {
  readonly again?: number | undefined;
  /** The message with which the API server refused an object. */
  readonly rejection?: string;
}

/** Applies wanted objects and removes unwanted ones; resolves to when to reconcile again. */
async function bringAbout(
  meshConfig: MeshConfig,
  { roots, rollout, bundle }: Observation & { readonly roots: RotationState },
  { deps, signal }: Context,
): Promise<number | undefined> {
  const { watched, applier, vaultAddresses = [] } = deps;
  const live = watched.live;
  const published = bundle.kind === 'valid' ? bundle.pem : undefined;
  const { objects, kept } = plan(meshConfig, {
    images: deps.images(),
    vaultAddresses,
    account: live.get(identify(kinds.serviceAccount, controlPlaneName))?.metadata.uid,
    caBundle: roots.bundle ?? published,
    needs: roots.needs,
    available: (rollout?.available ?? 0) > 0,
    home: watched.home && homeOf(watched.home),
    live: new Set(live.keys()),
  });
  const wanted = objects.map(({ kind, object }) => identify(kind, object.metadata.name));
  const again = await applier.apply(objects, live, signal);
  await applier.remove(prune(watched.owned, new Set([...wanted, ...kept])), signal);
  const gateway = meshConfig.spec.certificate?.ingressGateway !== undefined;
  await keepRoots(meshConfig, { ...roots, gateway }, { deps, signal });
  return again;
}

async function attempt(deps: ReconcileDeps, run: () => Promise<number | undefined>): Promise<Done> {
  try {
    return { again: await run() };
  } catch (error) {
    const failure = WeftError.from(error);
    if (failure.code !== 'api-rejected') throw error;
    deps.logger.warn('the API server refused an object', { error: failure });
    const rejection = apiStatusOf(failure)?.message ?? failure.message;
    return { again: refusedMs[failure.retry], rejection };
  }
}

/** Removes a mesh whose MeshConfig is gone, even if it was deleted while no operator ran. */
async function removeLeft(deps: ReconcileDeps, signal: AbortSignal): Promise<Result> {
  const { meshEnd, client, namespace } = deps;
  // Our cache may be behind; with the kind itself gone, so is every object of it.
  const found = meshEnd.begun
    ? []
    : await client
        .list<MeshConfig>(kinds.meshConfig, { namespace }, signal)
        .catch((error: unknown) => {
          if (WeftError.from(error).code !== 'api-not-found') throw error;
          return [];
        });
  return found.every(isLeaving) ? remove(deps, signal) : { requeueAfterMs: changedMs };
}

/** Removes all of a mesh, once, until an object of it appears again or another MeshConfig is active. */
async function remove(
  deps: ReconcileDeps,
  signal: AbortSignal,
  leaving?: MeshConfig,
): Promise<Result> {
  const { meshEnd, watched, clock } = deps;
  if (meshEnd.done && watched.owned.length === 0) return undefined;
  const again = await finalize(meshEnd.begin(clock.now(), leaving), deps, signal);
  if (again !== undefined) return { requeueAfterMs: again };
  meshEnd.end();
  return undefined;
}

interface Context {
  readonly deps: ReconcileDeps;
  readonly signal: AbortSignal;
}

/** The observed inputs of the status. Together with a later rejection, they determine it. */
interface Observation extends StatusInputs {
  readonly roots: RotationState | undefined;
}

interface Known {
  readonly active: MeshConfig | undefined;
  readonly problems?: StatusInputs['problems'];
  readonly roots?: RotationState | undefined;
}

function observe(
  meshConfig: MeshConfig,
  { watched, namespace, clock }: ReconcileDeps,
  { active, problems = [], roots }: Known,
): Observation {
  const live = watched.live;
  const deployment = live.get(identify(kinds.deployment, controlPlaneName));
  return {
    roots,
    refusal: refusalOf(meshConfig, active, namespace),
    problems,
    rejection: undefined,
    deleting: isLeaving(meshConfig) || isLeaving(watched.home),
    rollout: deployment && readRollout(deployment),
    bundle: readBundle(watched.caBundle),
    rotation: roots?.status ?? noRotation,
    proxies: readProxies(watched.proxies),
    silentSince: watched.reportSilentSince(clock.now()),
    namespace,
    webhooks: [...webhookIdentities].every((identity) => live.has(identity)),
    now: clock.now(),
  };
}

/** What the status is to say of certificates. The plan changes only when the API server accepted all that it needs. */
function certificateOf(
  meshConfig: MeshConfig,
  { roots, rejection }: Observation,
): CertificateBlock {
  const goesOn = rejection === undefined && roots !== undefined;
  return goesOn ? roots.status.block : (meshConfig.status?.certificate ?? {});
}

/** Writes the status if it changed. On a conflict, resolves to the milliseconds until the next try. */
async function report(
  meshConfig: MeshConfig,
  look: Observation,
  { deps, signal }: Context,
): Promise<number | undefined> {
  const certificate = certificateOf(meshConfig, look);
  const status = statusOf(meshConfig, look, { version: deps.version, certificate });
  if (isCurrent(meshConfig, status)) return undefined;
  const { name, namespace = '', uid = '', resourceVersion = '' } = meshConfig.metadata;
  const object = {
    apiVersion: apiVersionOf(kinds.meshConfig),
    kind: kinds.meshConfig.kind,
    // With the resourceVersion: a plan must never be made from a stale status.
    metadata: { name, namespace, uid, resourceVersion },
    status,
  };
  const options = { fieldManager, force: true, subresource: 'status' } as const;
  try {
    await deps.client.apply(kinds.meshConfig, object, options, signal);
  } catch (error) {
    if (WeftError.from(error).code !== 'api-conflict') throw error;
    return changedMs;
  }
  for (const tiding of eventsFor(meshConfig, status)) {
    deps.events.record({ regarding: meshConfig, ...tiding });
  }
  return undefined;
}

/** The soonest of these, in milliseconds from now. */
function requeueAfter(...waits: readonly (number | undefined)[]): Result {
  const requeueAfterMs = Math.min(...waits.map((wait) => wait ?? Infinity));
  return requeueAfterMs === Infinity ? undefined : { requeueAfterMs };
}
