import type { MeshConfig } from '../api/gen/mesh-config.ts';
import { apiVersionOf, kinds } from '../api/kinds.ts';
import type { Clock } from '../common/clock.ts';
import { WeftError } from '../common/errors.ts';
import type { Logger } from '../common/logger.ts';
import type { ApiClient } from '../kubernetes/api-client.ts';
import { apiStatusOf } from '../kubernetes/api-failure.ts';
import type { EventRecorder } from '../kubernetes/events.ts';
import type { StoreKey } from '../kubernetes/store.ts';
import type { Outcome } from '../kubernetes/work-queue.ts';
import type { Applier } from './applier.ts';
import { noNews, patienceMs, type World } from './conditions.ts';
import { identify } from './desired.ts';
import type { Watched } from './drift.ts';
import { readBundle, readProxies, readRollout } from './facts.ts';
import { dropFinalizer, ensureFinalizer, finalize } from './finalize.ts';
import { controlPlaneName } from '../api/control-plane-names.ts';
import { fieldManager, finalizer } from './names.ts';
import { plan, webhookIdentities } from './plan.ts';
import { prune } from './prune.ts';
import { keepRoots } from './rotation/keep-roots.ts';
import { lookAtRoots, type RootsLook } from './rotation/roots.ts';
import { refusalOf, rulerOf } from './singleton.ts';
import type { CertificateBlock } from './rotation/tell.ts';
import { behindSince, isCurrent, statusOf, tidingsOf } from './status.ts';
import { validateSpec } from '../api/validate-mesh-config.ts';
import type { Images } from './workload.ts';

export interface ReconcileDeps {
  readonly client: ApiClient;
  readonly watched: Watched;
  readonly applier: Applier;
  readonly events: EventRecorder;
  readonly namespace: string;
  readonly version: string;
  readonly images: Images;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** How long to wait after the API server refused an object for now, or for good: unless something changes before. */
const refusedMs = { soon: 2000, never: 15_000 };
/** How long to wait for our cache when it is behind. */
const changedMs = 100;

/**
 * Makes the cluster as one MeshConfig says, and the MeshConfig's status as the cluster is. Reads
 * everything anew each time: it may be called at any moment, for any reason, by key alone.
 */
export async function reconcile(
  key: StoreKey,
  deps: ReconcileDeps,
  signal: AbortSignal,
): Promise<Outcome> {
  const { watched, namespace, client } = deps;
  const meshConfigs = watched.meshConfigs.objects;
  const ruler = rulerOf(meshConfigs.values(), namespace);
  const meshConfig = meshConfigs.get(key);
  if (meshConfig === undefined) {
    if (ruler === undefined) await removeOrphans(deps, signal);
    return undefined;
  }
  const deleting = meshConfig.metadata.deletionTimestamp !== undefined;
  if (meshConfig !== ruler) {
    if (deleting) await dropFinalizer(meshConfig, client, signal);
    else
      return outcomeOf(
        await report(meshConfig, lookAt(meshConfig, deps, { ruler }), { deps, signal }),
      );
    return undefined;
  }
  if (!deleting) return rule(meshConfig, deps, signal);
  return remove(meshConfig, deps, signal);
}

/** Brings the ruling MeshConfig into force. A spec with problems changes nothing but the status. */
async function rule(
  meshConfig: MeshConfig,
  deps: ReconcileDeps,
  signal: AbortSignal,
): Promise<Outcome> {
  const problems = validateSpec(meshConfig);
  if (problems.length === 0) await ensureFinalizer(meshConfig, deps.client, signal);
  const roots =
    problems.length === 0 ? lookAtRoots(meshConfig, deps.watched, deps.clock.now()) : undefined;
  const done = await attempt(deps, () =>
    roots === undefined
      ? deps.applier.repair(deps.watched.live, signal)
      : bringAbout(meshConfig, roots, { deps, signal }),
  );
  const { rejection } = done;
  const look = lookAt(meshConfig, deps, { ruler: meshConfig, problems, rejection, roots });
  const late = await report(meshConfig, look, { deps, signal });
  return outcomeOf(done.again, whenImpatient(look.world), roots?.news.again, late);
}

interface Done {
  readonly again?: number | undefined;
  /** What the API server said when it refused an object. */
  readonly rejection?: string;
}

/** Applies what is wanted and removes what is not; resolves to when to look again. */
async function bringAbout(
  meshConfig: MeshConfig,
  roots: RootsLook,
  { deps, signal }: Context,
): Promise<number | undefined> {
  const { watched, applier, images } = deps;
  const { rollout, bundle } = lookAt(meshConfig, deps, { ruler: meshConfig, roots }).world;
  const live = watched.live;
  const published = bundle.kind === 'valid' ? bundle.pem : undefined;
  const { objects, kept } = plan(meshConfig, {
    images,
    account: live.get(identify(kinds.serviceAccount, controlPlaneName))?.metadata.uid,
    caBundle: roots.bundle ?? published,
    needs: roots.needs,
    available: (rollout?.available ?? 0) > 0,
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

async function remove(
  meshConfig: MeshConfig,
  deps: ReconcileDeps,
  signal: AbortSignal,
): Promise<Outcome> {
  // Without our finalizer we may be too late, and others' finalizers are not our concern.
  if (meshConfig.metadata.finalizers?.includes(finalizer) !== true) {
    await removeOrphans(deps, signal);
    return undefined;
  }
  const look = lookAt(meshConfig, deps, { ruler: meshConfig });
  await report(meshConfig, look, { deps, signal }).catch((error: unknown) => {
    deps.logger.warn('status not written', { error });
  });
  const again = await finalize(meshConfig, deps, signal);
  return again === undefined ? undefined : { again };
}

/** Removes what a MeshConfig left behind that went without its finalizer: webhooks that nobody answers. */
async function removeOrphans(
  { client, watched, applier, namespace }: ReconcileDeps,
  signal: AbortSignal,
): Promise<void> {
  const orphans = prune(watched.owned, new Set());
  if (orphans.length === 0) return;
  const meshConfigs = await client.list<MeshConfig>(kinds.meshConfig, { namespace }, signal);
  if (meshConfigs.some(({ metadata }) => metadata.deletionTimestamp === undefined)) return;
  await applier.remove(orphans, signal);
  applier.forget();
}

interface Context {
  readonly deps: ReconcileDeps;
  readonly signal: AbortSignal;
}

/** The world, and what the status is to say of certificates in it. */
interface Look {
  readonly world: World;
  readonly certificate: CertificateBlock;
}

interface Known {
  readonly ruler: MeshConfig | undefined;
  readonly problems?: World['problems'];
  readonly rejection?: string | undefined;
  readonly roots?: RootsLook | undefined;
}

function lookAt(
  meshConfig: MeshConfig,
  { watched, namespace, clock }: ReconcileDeps,
  { ruler, problems = [], rejection, roots }: Known,
): Look {
  const live = watched.live;
  const deployment = live.get(identify(kinds.deployment, controlPlaneName));
  const world = {
    refusal: refusalOf(meshConfig, ruler, namespace),
    problems,
    rejection,
    deleting: meshConfig.metadata.deletionTimestamp !== undefined,
    rollout: deployment && readRollout(deployment),
    bundle: readBundle(watched.caBundle),
    roots: roots?.news ?? noNews,
    proxies: readProxies(watched.proxies),
    webhooks: [...webhookIdentities(meshConfig)].every((identity) => live.has(identity)),
    now: clock.now(),
    behindSince: behindSince(meshConfig),
  };
  // A plan changes only when all that it needs was put in place.
  const goesOn = rejection === undefined && roots !== undefined;
  return { world, certificate: goesOn ? roots.news.block : (meshConfig.status?.certificate ?? {}) };
}

/** Writes the status if it says something new; resolves to when to try again if it was changed meanwhile. */
async function report(
  meshConfig: MeshConfig,
  { world, certificate }: Look,
  { deps, signal }: Context,
): Promise<number | undefined> {
  const status = statusOf(meshConfig, world, { version: deps.version, certificate });
  if (isCurrent(meshConfig, status)) return undefined;
  const { name, namespace = '', uid = '', resourceVersion = '' } = meshConfig.metadata;
  const object = {
    apiVersion: apiVersionOf(kinds.meshConfig),
    kind: kinds.meshConfig.kind,
    // By its version: a plan must never be made from one that is not the newest.
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
  for (const tiding of tidingsOf(meshConfig, status)) {
    deps.events.record({ regarding: meshConfig, ...tiding });
  }
  return undefined;
}

/** When proxies that are behind will have been so for too long. */
function whenImpatient({ proxies, behindSince: since, now }: World): number | undefined {
  if (proxies === undefined || proxies.synced >= proxies.connected) return undefined;
  const left = (since ?? now) + patienceMs - now;
  return left > 0 ? left : undefined;
}

/** The soonest of these, in milliseconds from now. */
function outcomeOf(...waits: readonly (number | undefined)[]): Outcome {
  const again = Math.min(...waits.map((wait) => wait ?? Infinity));
  return again === Infinity ? undefined : { again };
}
