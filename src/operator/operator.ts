import type { Clock } from '../common/clock.ts';
import type { Logger } from '../common/logger.ts';
import type { ApiConnection } from '../kubernetes/connect.ts';
import { createEventRecorder } from '../kubernetes/events.ts';
import { runAsLeader } from '../kubernetes/lease.ts';
import type { StoreKey } from '../kubernetes/store.ts';
import { type Worker, WorkQueue, type WorkRun } from '../kubernetes/work-queue.ts';
import { Applier, type AppliedChange } from './applier.ts';
import { OperatorWatches } from './watches.ts';
import { MeshEnd } from './mesh-end.ts';
import { NamedImages } from './named-images.ts';
import { operatorLease } from './names.ts';
import { reconcile } from './reconcile.ts';
import { activeMeshConfig } from './active-mesh-config.ts';
import type { Images } from '../api/published-images.ts';

export interface OperatorOptions {
  readonly client: ApiConnection;
  /** Where the operator runs, and where the active MeshConfig must be. */
  readonly namespace: string;
  /** The identity of the holder of the Lease: unique to this process, such as the pod's name. */
  readonly identity: string;
  /** Version of Weft, for the status. */
  readonly version: string;
  /** Images that replace those of the install. */
  readonly images: Partial<Images>;
  /** The allowed addresses of Vault, as https://host:port. Default: all. */
  readonly vaultAddresses?: readonly string[];
  readonly logger: Logger;
  readonly clock: Clock;
  /** Called after each reconciliation of a MeshConfig. */
  readonly onReconciled?: (run: WorkRun) => void;
}

/** The operator, for its process. */
export interface Operator {
  /** Why the operator is not ready; undefined when it is. A standby that has read the cluster is ready. */
  problem(): string | undefined;
  /** Works until the signal aborts: as the leader, or waiting to become it. */
  run(signal: AbortSignal): Promise<void>;
}

/** The queue's key for a cluster without any MeshConfig. */
const noMeshConfig: StoreKey = '';

/** Puts the parts together: watches → queue of keys → reconcile → server-side apply. */
export function createOperator(options: OperatorOptions): Operator {
  const { client, namespace, identity, clock, logger } = options;
  const deps = { clock, random: Math.random, log: logger };
  const watched = new OperatorWatches(client, namespace, deps);
  const plan = { client, namespace, name: operatorLease, identity, clock, log: logger };
  return {
    problem: () => watched.unseen,
    run: async (signal) => {
      const lead = (term: AbortSignal): Promise<void> => reconcileAll(options, watched, term);
      await Promise.all([watched.run(signal), runAsLeader(plan, lead, signal)]);
    },
  };
}

async function reconcileAll(
  options: OperatorOptions,
  watched: OperatorWatches,
  signal: AbortSignal,
): Promise<void> {
  const { client, namespace, clock, logger } = options;
  const reporter = { controller: 'weft.dev/operator', instance: options.identity };
  const events = createEventRecorder({ client, clock, log: logger, ...reporter });
  const onChange = ({ reason, identity }: AppliedChange): void => {
    logger.info('object changed', { reason, object: identity });
    const regarding = activeMeshConfig(watched.meshConfigs.objects.values(), namespace);
    if (regarding === undefined) return;
    events.record({ regarding, type: 'Normal', reason, note: `${reason} ${identity}` });
  };
  const applier = new Applier({ client, clock, logger, onChange });
  const meshEnd = new MeshEnd(namespace);
  const onDone = (run: WorkRun): void => {
    options.onReconciled?.(run);
    const regarding = watched.meshConfigs.objects.get(run.key);
    if (run.error?.isDefect === true && regarding !== undefined)
      events.record({ regarding, type: 'Warning', reason: 'InternalError', note: defectNote(run) });
  };
  const queue = new WorkQueue<StoreKey>({ clock, random: Math.random, log: logger, onDone });
  const addAll = (): void => {
    for (const key of [...watched.meshConfigs.objects.keys(), noMeshConfig]) queue.add(key);
  };
  await watched.whenSynced(signal);
  const named = new NamedImages(options.version, options.images);
  const images = (): Images => named.read(watched.images);
  const work: Worker<StoreKey> = (key, term) =>
    reconcile(key, { ...options, images, watched, applier, meshEnd, events }, term);
  const unsubscribe = watched.subscribe(addAll);
  addAll();
  try {
    await Promise.all([events.run(signal), queue.run(work, signal)]);
  } finally {
    unsubscribe();
  }
}

function defectNote({ error }: WorkRun): string {
  return `A defect of Weft keeps the operator from applying this MeshConfig: ${error?.message ?? ''}. Please report it with the operator's log. The mesh stays as it is.`;
}
