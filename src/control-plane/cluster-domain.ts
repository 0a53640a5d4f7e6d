import { readFileSync } from 'node:fs';

/** The DNS suffix of the cluster that this process runs in; "cluster.local" outside of a cluster. */
export function clusterDomainHere(): string {
  try {
    return clusterDomainIn(readFileSync('/etc/resolv.conf', 'utf8'));
  } catch {
    return clusterDomainIn('');
  }
}

/**
 * The DNS suffix of the cluster, from the text of a pod's /etc/resolv.conf: its search list has
 * `<namespace>.svc.<suffix>`. "cluster.local" when it has not.
 */
export function clusterDomainIn(resolvConf: string): string {
  const search = /^search\s+(.*)$/m.exec(resolvConf)?.[1] ?? '';
  const service = search.split(/\s+/).find((domain) => domain.startsWith('svc.'));
  return service?.slice('svc.'.length) ?? 'cluster.local';
}
