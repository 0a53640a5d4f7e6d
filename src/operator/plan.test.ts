import { describe, expect, it } from '@jest/globals';
import { makeMeshConfig } from '../../test/support/builders/make-mesh-config.ts';
import { policyKinds } from '../api/policy-kinds.ts';
import type { MeshConfig } from '../api/gen/mesh-config.ts';
import { type Desired, identify } from './desired.ts';
import { type Plan, type PlanFacts, plan } from './plan.ts';
import { meshIsThere } from './webhooks.ts';

const images = { controlPlane: 'weft:1', envoy: 'envoy:1', init: 'init:1' };
const early: PlanFacts = {
  images,
  account: 'uid-1',
  caBundle: undefined,
  needs: { read: ['weft-ca'], kept: [], certManager: false, tokens: false },
  available: false,
  home: { apiVersion: 'v1', kind: 'Namespace', name: 'weft-system', uid: 'uid-home' },
  live: new Set(),
};
const late: PlanFacts = { ...early, caBundle: 'PEM', available: true };

const core = [
  'ServiceAccount/weft-control-plane',
  'ClusterRole/weft-control-plane',
  'ClusterRoleBinding/weft-control-plane',
  'Role/weft-control-plane',
  'RoleBinding/weft-control-plane',
  'Role/weft-mesh',
  'RoleBinding/weft-mesh',
  'Deployment/weft-control-plane',
  'Service/weft-control-plane',
  'PodDisruptionBudget/weft-control-plane',
];
const webhooks = [
  'ValidatingWebhookConfiguration/weft-validator',
  'MutatingWebhookConfiguration/weft-injector',
];

function identities({ objects }: Plan): string[] {
  return objects.map(({ kind, object }) => identify(kind, object.metadata.name));
}

function planned(spec: MeshConfig['spec'], kind: string, facts = late): Desired['object'] {
  const { objects } = plan(makeMeshConfig({ spec }), facts);
  const found = objects.find(({ object }) => object.kind === kind);
  if (found === undefined) throw new Error(`no ${kind} is planned`);
  return found.object;
}

interface DeploymentSpec {
  readonly replicas?: number;
  readonly template: { readonly spec: Readonly<Record<string, unknown>> };
}

function deployment(controlPlane: MeshConfig['spec']['controlPlane'] = {}): DeploymentSpec {
  return planned({ controlPlane }, 'Deployment')['spec'] as DeploymentSpec;
}

describe('plan by the state of the world', () => {
  it('makes the control plane first, and no webhook before it can answer', () => {
    const made = plan(makeMeshConfig(), early);
    expect(identities(made)).toEqual(core);
  });

  it('waits with the Deployment for the account of its pods, and leaves an existing Deployment alone', () => {
    const identity = 'Deployment/weft-control-plane';
    for (const facts of [early, late]) {
      const made = plan(makeMeshConfig(), { ...facts, account: undefined });
      expect(identities(made)).not.toContain(identity);
      expect(made.kept).toContain(identity);
    }
  });

  it('leaves webhooks that are there alone while the trust bundle is away', () => {
    const made = plan(makeMeshConfig(), { ...late, caBundle: undefined });
    expect(identities(made)).toEqual(core);
    expect(made.kept).toEqual(new Set(webhooks));
  });

  it('adds the webhooks last, once there is trust and a ready control plane', () => {
    const made = plan(makeMeshConfig(), late);
    expect(identities(made)).toEqual([...core, ...webhooks]);
    expect(made.kept.size).toBe(0);
  });

  it('has trust but no replica: webhooks are not made', () => {
    expect(identities(plan(makeMeshConfig(), { ...late, available: false }))).toEqual(core);
  });

  it('keeps the mesh closed when the last replica goes: webhooks that are there stay declared', () => {
    const facts = { ...late, available: false, live: new Set(webhooks) };
    expect(identities(plan(makeMeshConfig(), facts))).toEqual([...core, ...webhooks]);
  });

  it('has webhooks of the same names whatever the mesh is called: the rights name them', () => {
    const made = plan(makeMeshConfig({ spec: { meshName: 'blue' } }), late);
    expect(identities(made).slice(-2)).toEqual(webhooks);
  });
});

describe('ownership', () => {
  const meshConfig = {
    apiVersion: 'config.openservicemesh.io/v1alpha2',
    kind: 'MeshConfig',
    name: 'osm-mesh-config',
    uid: 'uid-weft-system-osm-mesh-config',
    controller: true,
  };
  const rows = plan(makeMeshConfig(), late).objects.map(
    (one) => [`${one.object.kind} ${one.object.metadata.name}`, one] as const,
  );

  it.each(rows)('%s: label, and an owner that takes it along', (name, { kind, object }) => {
    const { labels = {}, ownerReferences, namespace } = object.metadata;
    expect(labels['app.kubernetes.io/managed-by']).toBe('weft-operator');
    expect(ownerReferences).toEqual([name.endsWith(' weft-mesh') ? meshConfig : early.home]);
    expect(namespace).toBe(kind.namespaced ? 'weft-system' : undefined);
  });
});

describe('the webhooks', () => {
  it.each(webhooks)(
    '%s: are called as long as the grant of the MeshConfig is there',
    (identity) => {
      const [kind = ''] = identity.split('/');
      const [webhook] = planned({}, kind)['webhooks'] as readonly {
        readonly failurePolicy: string;
        readonly matchConditions: readonly { readonly expression: string }[];
      }[];
      expect(webhook?.failurePolicy).toBe('Fail');
      expect(webhook?.matchConditions.map(({ expression }) => expression)).toEqual([
        meshIsThere('weft-system'),
      ]);
    },
  );
});

describe('the Deployment', () => {
  it('is another one when its account is another one', () => {
    const template = (account: string): unknown =>
      (planned({}, 'Deployment', { ...late, account })['spec'] as DeploymentSpec).template;
    expect(template('uid-2')).toEqual(template('uid-2'));
    expect(template('uid-2')).not.toEqual(template('uid-1'));
  });

  it('has two replicas that never all go at once', () => {
    expect(deployment()).toMatchObject({
      replicas: 2,
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } },
    });
  });

  it('runs as nobody, changes nothing on disk and may do nothing', () => {
    const pod = deployment().template.spec;
    expect(pod['securityContext']).toMatchObject({
      runAsNonRoot: true,
      seccompProfile: { type: 'RuntimeDefault' },
    });
    expect(pod['containers']).toMatchObject([
      {
        securityContext: {
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ['ALL'] },
        },
      },
    ]);
  });

  it('gives the control plane its identity and the images to inject', () => {
    expect(deployment().template.spec['containers']).toMatchObject([
      {
        image: 'weft:1',
        imagePullPolicy: 'IfNotPresent',
        args: [
          'control-plane',
          '--namespace=weft-system',
          '--mesh-config=osm-mesh-config',
          '--envoy-image=envoy:1',
          '--init-image=init:1',
        ],
        readinessProbe: { httpGet: { path: '/readyz', port: 'health' } },
        livenessProbe: { httpGet: { path: '/livez', port: 'health' } },
      },
    ]);
  });

  it('follows the MeshConfig in image, placement, priority and resources', () => {
    const resources = { requests: { cpu: '1' } };
    const pod = deployment({
      image: 'mine:2',
      nodeSelector: { disk: 'fast' },
      tolerations: [{ key: 'infra', operator: 'Exists' }],
      affinity: { nodeAffinity: {} },
      priorityClassName: 'system-cluster-critical',
      resources,
    }).template.spec;
    expect(pod).toMatchObject({
      nodeSelector: { disk: 'fast' },
      tolerations: [{ key: 'infra', operator: 'Exists' }],
      affinity: { nodeAffinity: {} },
      priorityClassName: 'system-cluster-critical',
      containers: [{ image: 'mine:2', resources }],
    });
  });

  it('leaves the number of replicas to the autoscaler when there is one', () => {
    const controlPlane = { autoscaling: { min: 3, max: 9, targetCPU: 60 } };
    expect(deployment(controlPlane)).not.toHaveProperty('replicas');
    expect(planned({ controlPlane }, 'HorizontalPodAutoscaler')['spec']).toMatchObject({
      scaleTargetRef: { kind: 'Deployment', name: 'weft-control-plane' },
      minReplicas: 3,
      maxReplicas: 9,
      metrics: [{ resource: { target: { averageUtilization: 60 } } }],
    });
  });

  it('is guarded by a budget as the MeshConfig says', () => {
    const budget = (controlPlane: MeshConfig['spec']['controlPlane']): unknown =>
      planned(controlPlane === undefined ? {} : { controlPlane }, 'PodDisruptionBudget')['spec'];
    expect(budget(undefined)).toMatchObject({ maxUnavailable: 1 });
    expect(budget({ podDisruptionBudget: { minAvailable: '50%' } })).toEqual({
      minAvailable: '50%',
      selector: { matchLabels: { 'app.kubernetes.io/name': 'weft-control-plane' } },
    });
  });
});

describe('the webhooks', () => {
  const selector = (...and: readonly object[]): object => ({
    matchExpressions: [
      { key: 'openservicemesh.io/monitored-by', operator: 'In', values: ['osm'] },
      ...and,
      {
        key: 'kubernetes.io/metadata.name',
        operator: 'NotIn',
        values: ['weft-system', 'kube-system', 'kube-public', 'kube-node-lease'],
      },
    ],
  });
  const shared = {
    failurePolicy: 'Fail',
    sideEffects: 'None',
    timeoutSeconds: 10,
    clientConfig: {
      caBundle: Buffer.from('PEM').toString('base64'),
      service: { name: 'weft-control-plane', namespace: 'weft-system', port: 9443 },
    },
  };

  it('inject pods on creation', () => {
    const service = { ...shared.clientConfig.service, path: '/mutate' };
    expect(planned({}, 'MutatingWebhookConfiguration')['webhooks']).toMatchObject([
      {
        ...shared,
        namespaceSelector: selector({ key: 'openservicemesh.io/ignore', operator: 'DoesNotExist' }),
        clientConfig: { service },
        rules: [{ apiGroups: [''], resources: ['pods'], operations: ['CREATE'] }],
      },
    ]);
  });

  it('check every kind of policy on creation and change, in ignored namespaces too', () => {
    const [webhook] = planned({}, 'ValidatingWebhookConfiguration')['webhooks'] as [
      { readonly rules: readonly { resources: string[]; operations: string[] }[] },
    ];
    expect(webhook).toMatchObject({ ...shared, namespaceSelector: selector() });
    expect(webhook.rules.flatMap(({ resources }) => resources)).toEqual(
      Object.values(policyKinds).map(({ plural }) => plural),
    );
    expect(new Set(webhook.rules.flatMap(({ operations }) => operations))).toEqual(
      new Set(['CREATE', 'UPDATE']),
    );
  });
});
