import type { KubernetesObject } from '../../../src/api/core.ts';
import { keepPod, type LivingPod } from '../../../src/pods/pod-life.ts';
import { makePod, type PodOptions } from './make-object.ts';

export interface LifeOptions extends PodOptions {
  /** Of its init containers, as the kubelet writes them. */
  readonly statuses?: readonly object[];
  readonly conditions?: readonly object[];
  readonly deleting?: boolean;
  readonly hostNetwork?: boolean;
  /** Its ownerReferences. */
  readonly owners?: readonly object[];
}

/** A pod as the control plane keeps it; with a sidecar unless set otherwise. */
export function makeLivingPod(options: LifeOptions = {}): LivingPod {
  const { sidecar = true, statuses = [], conditions = [], deleting = false } = options;
  const pod = makePod({ phase: 'Running', ...options });
  const object = {
    ...pod,
    metadata: {
      ...pod.metadata,
      ownerReferences: options.owners ?? [],
      ...(deleting ? { deletionTimestamp: '2026-01-01T00:00:00Z' } : {}),
    },
    spec: {
      ...pod.spec,
      ...(options.hostNetwork === true ? { hostNetwork: true } : {}),
      ...(sidecar
        ? {
            initContainers: [{ name: 'weft-init' }, { name: 'envoy', restartPolicy: 'Always' }],
            volumes: [{ name: 'weft-bootstrap' }],
          }
        : {}),
    },
    status: { ...pod.status, initContainerStatuses: statuses, conditions },
  };
  return keepPod(object as KubernetesObject);
}
