/* Removes a local Kubernetes cluster and every trace of it: `node tools/cluster/down.ts [NAME]`. */
import { runMain } from '../base/main.ts';
import { withLock } from '../base/lock.ts';
import { step } from '../progress.ts';
import { clusterLock, defaultCluster, placeOf } from './place.ts';
import { tearDown } from './teardown.ts';

/** Removes the cluster and every trace of it; no error if there is none. */
export async function bringDown(name: string): Promise<void> {
  const place = placeOf(name);
  await withLock(clusterLock(name), () => step(`Remove cluster ${name}`, () => tearDown(place)));
}

if (import.meta.main) await runMain(() => bringDown(process.argv[2] ?? defaultCluster));
