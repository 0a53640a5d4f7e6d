import { join } from 'node:path';
import { goProgram } from './go-program.ts';

/** The Kubernetes release of the local node and of the API server for tests. */
export const kubeVersion = '1.34.4';

/**
 * The path of one binary that is etcd, kube-apiserver, kube-controller-manager, kube-scheduler,
 * kubelet and kube-proxy: the first argument says which.
 */
export function kubeBinary(): Promise<string> {
  return goProgram({
    name: 'kube',
    title: `Build Kubernetes ${kubeVersion}`,
    version: kubeVersion,
    module: join(import.meta.dirname, 'kube'),
    stamps: versionStamps(),
  });
}

/** Without these, the programs report version 0.0 and refuse each other. */
function versionStamps(): Record<string, string> {
  const [major = '', minor = ''] = kubeVersion.split('.');
  const values = {
    gitVersion: `v${kubeVersion}`,
    gitMajor: major,
    gitMinor: minor,
    gitCommit: 'weft',
    gitTreeState: 'clean',
    buildDate: '2026-01-01T00:00:00Z',
  };
  const packages = ['k8s.io/component-base/version', 'k8s.io/client-go/pkg/version'];
  return Object.fromEntries(
    packages.flatMap((name) =>
      Object.entries(values).map(([key, value]) => [`${name}.${key}`, value]),
    ),
  );
}
