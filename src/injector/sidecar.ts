import { serviceAccountNameOf } from '../api/service-account-name.ts';
import { type Resources, countCores, parseResources } from '../api/resources.ts';
import { bootstrapFileNames, mountPaths } from '../envoy/bootstrap.ts';
import { readyPath } from '../envoy/names.ts';
import { ports } from '../envoy/ports.ts';
import type { AdmittedPod } from './admitted-pod.ts';
import type { InjectorFacts } from './facts.ts';
import { bootstrapVolume, sidecarName, tokenVolume } from './names.ts';
import { noApiToken } from './volumes.ts';

/** The checked settings of the sidecar of one pod. */
export interface SidecarPlan {
  readonly image: string;
  readonly logLevel: string;
  readonly resources: Resources;
  /** Envoy's `--service-cluster`. */
  readonly cluster: string;
  /** Seconds that Envoy stays from the moment the pod is deleted, even if the application is gone. */
  readonly stay: number;
  /** Envoy runs as this user and group. */
  readonly user: number;
}

const defaultConcurrency = 2;

/** Takes the sidecar's settings from MeshConfig, in which `problemsOfSidecars` found nothing. */
export function planSidecar(
  of: { pod: AdmittedPod; namespace: string; stay: number; user: number },
  { sidecar, images }: InjectorFacts,
): SidecarPlan {
  const { pod, namespace, stay, user } = of;
  return {
    image: sidecar.envoyImage || images.envoy,
    logLevel: sidecar.logLevel || 'error',
    resources: parseResources(sidecar.resources, []),
    cluster: `${serviceAccountNameOf(pod)}.${namespace}`,
    stay,
    user,
  };
}

/**
 * The sidecar: an init container with restartPolicy Always (Kubernetes 1.29), so it starts before the application and
 * ends after it.
 */
export function sidecarContainer({ image, resources, stay, user, ...plan }: SidecarPlan): object {
  return {
    name: sidecarName,
    image,
    imagePullPolicy: 'IfNotPresent',
    restartPolicy: 'Always',
    command: ['envoy'],
    args: envoyArguments({ ...plan, concurrency: countCores(resources) ?? defaultConcurrency }),
    env: [field('POD_NAMESPACE', 'metadata.namespace'), field('POD_NAME', 'metadata.name')],
    ports: [
      { name: 'proxy-inbound', containerPort: ports.inbound, protocol: 'TCP' },
      { name: 'proxy-metrics', containerPort: ports.metrics, protocol: 'TCP' },
    ],
    startupProbe: {
      httpGet: { path: readyPath, port: ports.ready, scheme: 'HTTP' },
      periodSeconds: 1,
      timeoutSeconds: 1,
      // Waits for the control plane. After ten minutes the kubelet restarts Envoy, which clears state that may block
      // it.
      failureThreshold: 600,
    },
    ...(stay > 0 && { lifecycle: { preStop: { sleep: { seconds: stay } } } }),
    resources,
    securityContext: {
      runAsUser: user,
      runAsGroup: user,
      runAsNonRoot: true,
      readOnlyRootFilesystem: true,
      allowPrivilegeEscalation: false,
      privileged: false,
      capabilities: { drop: ['ALL'] },
      seccompProfile: { type: 'RuntimeDefault' },
    },
    volumeMounts: [
      { name: bootstrapVolume, mountPath: mountPaths.bootstrap, readOnly: true },
      { name: tokenVolume, mountPath: mountPaths.token, readOnly: true },
      noApiToken,
    ],
  };
}

/**
 * Envoy tells connections of a changed listener to close at once and gives them 60 s: a withdrawn permission must not
 * survive in an old connection (docs/decisions/0045).
 */
function envoyArguments(plan: {
  readonly logLevel: string;
  readonly cluster: string;
  readonly concurrency: number;
}): readonly string[] {
  return [
    ...['--config-path', `${mountPaths.bootstrap}/${bootstrapFileNames.bootstrap}`],
    ...['--service-node', '$(POD_NAMESPACE)/$(POD_NAME)'],
    ...['--service-cluster', plan.cluster],
    ...['--log-level', plan.logLevel],
    ...['--concurrency', String(plan.concurrency)],
    ...['--drain-strategy', 'immediate'],
    ...['--drain-time-s', '60'],
    '--disable-hot-restart',
  ];
}

function field(name: string, fieldPath: string): object {
  return { name, valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath } } };
}
