import { join, resolve } from 'node:path';
import { cacheRoot } from '../base/cache.ts';

/** The files and names of a local cluster; each has the cluster's name in it. */
export interface Place {
  readonly name: string;
  readonly directory: string;
  readonly kubeconfig: string;
  readonly keys: string;
  readonly logs: string;
  /** One file for each process of the cluster. */
  readonly processes: string;
  readonly containerdSocket: string;
  /** The network namespace, under /run/netns. */
  readonly namespace: string;
  readonly cgroup: string;
}

/** The default cluster. */
export const defaultCluster = 'weft';

/** The folder that holds the folders of all local clusters. */
export function stateRoot(): string {
  return resolve(process.env['WEFT_STATE'] ?? '/var/lib/weft');
}

/** The place of the cluster with that name; throws for a name that could not be a host name. */
export function placeOf(name: string): Place {
  if (!/^[a-z]([a-z0-9-]{0,28}[a-z0-9])?$/.test(name)) {
    throw new Error(
      `"${name}" cannot be a cluster's name: at most 30 of a-z, 0-9 and -, a letter first`,
    );
  }
  const directory = join(stateRoot(), name);
  const own = name === defaultCluster ? name : `${defaultCluster}-${name}`;
  return {
    name,
    directory,
    kubeconfig: join(directory, 'kubeconfig'),
    keys: join(directory, 'keys'),
    logs: join(directory, 'logs'),
    processes: join(directory, 'processes'),
    containerdSocket: join(directory, 'containerd.sock'),
    namespace: own,
    cgroup: own,
  };
}

/** The file to lock while a cluster is changed; beside the cache, so that no trace stays where its state was. */
export function clusterLock(name: string): string {
  return join(cacheRoot(), `.cluster-${name}.lock`);
}
