import { kinds } from '../api/kinds.ts';
import { tokenAudience } from '../api/labels.ts';
import type { MeshConfig, MeshConfigSpec } from '../api/gen/mesh-config.ts';
import type { Images } from '../api/published-images.ts';
import type { Frozen } from '../common/freeze.ts';
import { declare, type Desired } from './desired.ts';
import { controlPlaneName, ports } from '../api/control-plane-names.ts';
import { accountAnnotation, podLabels } from './names.ts';

const token = { audience: tokenAudience, expirationSeconds: 3600, path: 'token' };

type ControlPlane = NonNullable<Frozen<MeshConfigSpec>['controlPlane']>;

/** What the Deployment is made from besides the MeshConfig. */
export interface WorkloadFacts {
  readonly images: Images;
  /**
   * The uid of the control plane's ServiceAccount. Tokens of a deleted account are refused, even if a new account has
   * the same name, so a new account causes a new rollout. Undefined while there is no account: then no Deployment is
   * planned.
   */
  readonly account: string | undefined;
  /** The allowed addresses of Vault, as https://host:port. Default: all. */
  readonly vaultAddresses?: readonly string[];
}

/** The control plane's Deployment, its Service, and what keeps enough of it running. */
export function planWorkload(meshConfig: MeshConfig, facts: WorkloadFacts): readonly Desired[] {
  const settings = meshConfig.spec.controlPlane ?? {};
  const { account } = facts;
  return [
    ...(account === undefined ? [] : [planDeployment(meshConfig, facts, account)]),
    declare(meshConfig, kinds.service, {
      spec: {
        type: 'ClusterIP',
        selector: podLabels,
        ports: [
          { name: 'xds', port: ports.xds, protocol: 'TCP', targetPort: 'xds' },
          { name: 'webhook', port: ports.webhook, protocol: 'TCP', targetPort: 'webhook' },
          { name: 'metrics', port: ports.metrics, protocol: 'TCP', targetPort: 'metrics' },
        ],
      },
    }),
    declare(meshConfig, kinds.podDisruptionBudget, {
      spec: {
        selector: { matchLabels: podLabels },
        ...(settings.podDisruptionBudget ?? { maxUnavailable: 1 }),
      },
    }),
    ...planAutoscaler(meshConfig, settings),
  ];
}

function planAutoscaler(meshConfig: MeshConfig, settings: ControlPlane): readonly Desired[] {
  const { autoscaling } = settings;
  if (autoscaling === undefined) return [];
  const cpu = { type: 'Utilization', averageUtilization: autoscaling.targetCPU ?? 80 };
  return [
    declare(meshConfig, kinds.horizontalPodAutoscaler, {
      spec: {
        scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: controlPlaneName },
        minReplicas: autoscaling.min ?? 2,
        maxReplicas: autoscaling.max ?? 5,
        metrics: [{ type: 'Resource', resource: { name: 'cpu', target: cpu } }],
      },
    }),
  ];
}

function planDeployment(meshConfig: MeshConfig, facts: WorkloadFacts, account: string): Desired {
  const settings = meshConfig.spec.controlPlane ?? {};
  const replicas = settings.autoscaling === undefined ? { replicas: settings.replicas ?? 2 } : {};
  return declare(meshConfig, kinds.deployment, {
    spec: {
      ...replicas,
      revisionHistoryLimit: 3,
      progressDeadlineSeconds: 300,
      selector: { matchLabels: podLabels },
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } },
      template: {
        metadata: {
          labels: { ...podLabels, 'app.kubernetes.io/part-of': 'weft' },
          annotations: { [accountAnnotation]: account },
        },
        spec: {
          serviceAccountName: controlPlaneName,
          terminationGracePeriodSeconds: 30,
          securityContext: {
            runAsNonRoot: true,
            runAsUser: 65532,
            runAsGroup: 65532,
            seccompProfile: { type: 'RuntimeDefault' },
          },
          ...scheduling(settings),
          // The replicas authenticate to each other with this token.
          volumes: [{ name: 'token', projected: { sources: [{ serviceAccountToken: token }] } }],
          containers: [container(meshConfig, settings, facts)],
        },
      },
    },
  });
}

/** Where replicas may run: apart from one another if possible, unless the user says otherwise. */
function scheduling(settings: ControlPlane): Readonly<Record<string, unknown>> {
  const { nodeSelector, tolerations, affinity, priorityClassName = '' } = settings;
  const labelSelector = { matchLabels: podLabels };
  const apart = {
    podAntiAffinity: {
      preferredDuringSchedulingIgnoredDuringExecution: [
        { weight: 100, podAffinityTerm: { topologyKey: 'kubernetes.io/hostname', labelSelector } },
      ],
    },
  };
  return {
    affinity: affinity ?? apart,
    topologySpreadConstraints: [
      {
        maxSkew: 1,
        topologyKey: 'topology.kubernetes.io/zone',
        whenUnsatisfiable: 'ScheduleAnyway',
        labelSelector,
      },
    ],
    ...(nodeSelector === undefined ? {} : { nodeSelector }),
    ...(tolerations === undefined ? {} : { tolerations }),
    ...(priorityClassName === '' ? {} : { priorityClassName }),
  };
}

function container(
  meshConfig: MeshConfig,
  settings: ControlPlane,
  { images, vaultAddresses = [] }: WorkloadFacts,
): Readonly<Record<string, unknown>> {
  const { namespace = '', name } = meshConfig.metadata;
  const image = settings.image ?? '';
  const probe = (path: string): object => ({
    httpGet: { path, port: 'health', scheme: 'HTTP' },
    periodSeconds: 5,
    timeoutSeconds: 3,
  });
  return {
    name: 'control-plane',
    image: image === '' ? images.controlPlane : image,
    imagePullPolicy: 'IfNotPresent',
    args: [
      'control-plane',
      `--namespace=${namespace}`,
      `--mesh-config=${name}`,
      `--envoy-image=${images.envoy}`,
      `--init-image=${images.init}`,
      ...(vaultAddresses.length === 0 ? [] : [`--vault-addresses=${vaultAddresses.join(',')}`]),
    ],
    env: [
      fromField('POD_NAME', 'metadata.name'),
      fromField('POD_NAMESPACE', 'metadata.namespace'),
      fromField('POD_IP', 'status.podIP'),
      fromField('POD_IPS', 'status.podIPs'),
    ],
    ports: Object.entries(ports).map(([port, containerPort]) => ({
      name: port,
      containerPort,
      protocol: 'TCP',
    })),
    startupProbe: { ...probe('/livez'), periodSeconds: 1, failureThreshold: 120 },
    livenessProbe: { ...probe('/livez'), periodSeconds: 10, failureThreshold: 6 },
    readinessProbe: { ...probe('/readyz'), failureThreshold: 2 },
    // Endpoints learn that the replica leaves before it stops to accept calls of the webhooks.
    lifecycle: { preStop: { sleep: { seconds: 5 } } },
    volumeMounts: [{ name: 'token', mountPath: '/var/run/secrets/weft.dev/token', readOnly: true }],
    resources: settings.resources ?? {},
    securityContext: {
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    },
  };
}

function fromField(name: string, fieldPath: string): object {
  return { name, valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath } } };
}
