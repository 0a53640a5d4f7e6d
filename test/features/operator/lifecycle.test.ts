import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ConfigMap, KubernetesObject } from '../../../src/api/core.ts';
import { kinds, type Kind } from '../../../src/api/kinds.ts';
import { makeRoot } from '../../build/certificates.ts';
import { rootPem } from './played-report.ts';
import {
  type Rig,
  controlPlane,
  getMeshConfig,
  getObject,
  makeRootSecret,
  namespace,
  playControlPlane,
  playReplicas,
  publish,
  startRig,
  until,
  untilCondition,
} from './rig.ts';

jest.setTimeout(90_000);

let rig: Rig;
beforeAll(async () => {
  rig = await startRig();
  rig.startOperator();
});
afterAll(() => rig.stop());

interface Body extends KubernetesObject {
  readonly spec?: {
    readonly replicas?: number;
    readonly template?: { readonly spec: { readonly containers: readonly Body['spec'][] } };
    readonly ports?: readonly { readonly name: string }[];
    readonly image?: string;
  };
  readonly subjects?: readonly object[];
  readonly rules?: readonly object[];
  readonly webhooks?: readonly { readonly clientConfig: { readonly caBundle: string } }[];
}

const injector = 'weft-injector-osm';
const validator = 'weft-validator-osm';
const core: readonly Kind[] = [
  kinds.serviceAccount,
  kinds.clusterRole,
  kinds.clusterRoleBinding,
  kinds.role,
  kinds.roleBinding,
  kinds.deployment,
  kinds.service,
  kinds.podDisruptionBudget,
];
const everything: readonly (readonly [Kind, string])[] = [
  ...core.map((kind) => [kind, controlPlane] as const),
  [kinds.mutatingWebhookConfiguration, injector],
  [kinds.validatingWebhookConfiguration, validator],
];

/** Rows with the kind in words before them, for the tests' titles. */
function named<Row extends readonly [Kind, ...unknown[]]>(
  rows: readonly Row[],
): readonly (readonly [string, ...Row])[] {
  return rows.map((row) => [row[0].kind, ...row] as const);
}

function refOf(kind: Kind, name: string): { kind: Kind; name: string; namespace?: string } {
  return { kind, name, ...(kind.namespaced ? { namespace } : {}) };
}

function patchSpec(spec: unknown): Promise<string> {
  const patch = JSON.stringify({ spec });
  return rig.kubectl(
    'patch',
    'meshconfig',
    'osm-mesh-config',
    '-n',
    namespace,
    '--type=merge',
    '-p',
    patch,
  );
}

/** Requests of the operator that could change something, but for its Lease. */
function writes(): number {
  return rig.proxy.asked.filter(
    ({ verb, resource }) => !['get', 'list', 'watch'].includes(verb) && resource !== 'leases',
  ).length;
}

describe('a mesh from two commands', () => {
  it('has everything but webhooks before the control plane answers', async () => {
    await rig.kubectl('apply', '-f', 'config/samples/meshconfig.yaml');
    await untilCondition(rig, 'Ready=False/ControlPlaneNotAvailable');
    const meshConfig = await getMeshConfig(rig);
    for (const kind of core) {
      const { value } = await until(() => getObject(rig, kind));
      const owner = { kind: 'MeshConfig', name: 'osm-mesh-config', uid: meshConfig?.metadata.uid };
      if (kind.namespaced) expect(value.metadata.ownerReferences).toMatchObject([owner]);
    }
    expect(await getObject(rig, kinds.mutatingWebhookConfiguration, injector)).toBeUndefined();
    expect(await getObject(rig, kinds.validatingWebhookConfiguration, validator)).toBeUndefined();
  });

  it('gets its webhooks and is ready once the control plane is there', async () => {
    await playControlPlane(rig);
    await untilCondition(rig, 'Ready=True/Ready');
    const columns = await rig.kubectl('get', 'meshconfig', '-A', '--no-headers');
    expect(columns).toMatch(/^weft-system +osm-mesh-config +True +3\/3 +builtIn +1\.2\.3 +\d+s/);
    const { status } = (await getMeshConfig(rig)) ?? {};
    expect(status?.conditions?.map(({ type }) => type)).toEqual(
      expect.arrayContaining(['Ready', 'ControlPlaneAvailable', 'CertificatesReady']),
    );
    expect(status?.conditions?.every((c) => c.observedGeneration === 1)).toBe(true);
    expect(status?.conditions?.map(({ type }) => type)).not.toContain('Stalled');
  });

  it('writes nothing while nothing changes', async () => {
    const before = writes();
    await sleep(3000);
    expect(writes()).toBe(before);
  });

  it('tells of what it made by events', async () => {
    await until(async () => {
      const text = await rig.kubectl('get', 'events', '-n', namespace, '--no-headers');
      return text.includes('Created Deployment/weft-control-plane');
    });
  });

  it.each(['weft-operator', controlPlane])(
    'has pods of %s that the strictest pod security lets in',
    async (name) => {
      const deployment = await getObject<Body>(rig, kinds.deployment, name);
      const metadata = { name: `${name}-try`, namespace };
      const { spec } = deployment?.spec?.template ?? {};
      const pod = { apiVersion: 'v1', kind: 'Pod', metadata, spec };
      await rig.admin.create(kinds.pod, pod, rig.signal);
      await rig.admin.remove(refOf(kinds.pod, `${name}-try`), {}, rig.signal);
    },
  );

  it('never wrote the spec', async () => {
    const text = await rig.kubectl(
      ...['get', 'meshconfig', 'osm-mesh-config', '-n', namespace],
      ...['--show-managed-fields', '-o', 'json'],
    );
    const { metadata } = JSON.parse(text) as {
      metadata: { managedFields: readonly { manager: string; fieldsV1: object }[] };
    };
    const owners = metadata.managedFields.filter(({ fieldsV1 }) => 'f:spec' in fieldsV1);
    expect(owners.map(({ manager }) => manager)).toEqual(['kubectl-client-side-apply']);
  });
});

describe('drift', () => {
  it.each(named(everything))(
    'of a removed %s is repaired within 5 s',
    async (...[, kind, name]) => {
      const before = await getObject(rig, kind, name);
      await rig.admin.remove(refOf(kind, name), {}, rig.signal);
      const { ms } = await until(async () => {
        const now = await getObject(rig, kind, name);
        return now !== undefined && now.metadata.uid !== before?.metadata.uid;
      });
      expect(ms).toBeLessThan(5000);
      if (kind === kinds.deployment) await playReplicas(rig, 2);
      await untilCondition(rig, 'Ready=True/Ready');
    },
  );

  it.each(
    named<[Kind, string, unknown]>([
      [kinds.deployment, controlPlane, { spec: { replicas: 7 } }],
      [
        kinds.deployment,
        controlPlane,
        {
          spec: {
            template: { spec: { containers: [{ name: 'control-plane', image: 'evil:1' }] } },
          },
        },
      ],
      [kinds.service, controlPlane, { spec: { selector: { app: 'evil' } } }],
      [
        kinds.clusterRole,
        controlPlane,
        { rules: [{ apiGroups: ['*'], resources: ['*'], verbs: ['*'] }] },
      ],
      [
        kinds.clusterRoleBinding,
        controlPlane,
        { subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: 'evil' }] },
      ],
      [kinds.role, controlPlane, { rules: [] }],
      [kinds.serviceAccount, controlPlane, { metadata: { ownerReferences: null } }],
      [kinds.podDisruptionBudget, controlPlane, { spec: { maxUnavailable: '100%' } }],
      [kinds.mutatingWebhookConfiguration, injector, { webhooks: [] }],
      [
        kinds.validatingWebhookConfiguration,
        validator,
        { metadata: { labels: { 'app.kubernetes.io/managed-by': null } } },
      ],
    ]),
  )('of an edited %s is repaired within 5 s', async (...[, kind, name, value]) => {
    const ours = (object: Body | undefined): unknown => {
      const { spec, rules, subjects, webhooks, metadata } = object ?? {};
      const { labels, ownerReferences } = metadata ?? {};
      return { spec, rules, subjects, webhooks, labels, ownerReferences };
    };
    const before = ours(await getObject<Body>(rig, kind, name));
    await rig.admin.merge(refOf(kind, name), { value }, rig.signal);
    const { ms } = await until(async () => {
      const now = ours(await getObject<Body>(rig, kind, name));
      return JSON.stringify(now) === JSON.stringify(before);
    });
    expect(ms).toBeLessThan(5000);
  });

  it('leaves what others own: annotations, more containers', async () => {
    const sidecar = { name: 'theirs', image: 'theirs:1' };
    const template = { spec: { containers: [sidecar] } };
    const metadata = { annotations: { theirs: 'yes' } };
    const object = {
      ...{ apiVersion: 'apps/v1', kind: 'Deployment' },
      metadata: { name: controlPlane, namespace, ...metadata },
      spec: { template },
    };
    await rig.admin.apply(kinds.deployment, object, { fieldManager: 'theirs' }, rig.signal);
    await patchSpec({ controlPlane: { priorityClassName: 'system-cluster-critical' } });
    const { value } = await until(async () => {
      const now = await getObject<Body>(rig, kinds.deployment);
      return JSON.stringify(now?.spec).includes('system-cluster-critical') && now;
    });
    expect(value.metadata.annotations).toMatchObject({ theirs: 'yes' });
    expect(value.spec?.template?.spec.containers).toHaveLength(2);
    await patchSpec({ controlPlane: { priorityClassName: '' } });
    await playReplicas(rig, 2);
  });

  it('has webhooks that trust the root in its record, whatever somebody writes elsewhere', async () => {
    await publish(rig, 'weft-ca-bundle', { 'ca.crt': makeRoot().certificate.pem });
    await sleep(500);
    const now = await getObject<Body>(rig, kinds.mutatingWebhookConfiguration, injector);
    const bundle = now?.webhooks?.[0]?.clientConfig.caBundle ?? '';
    expect(Buffer.from(bundle, 'base64').toString()).toBe(`${rootPem('weft-root-1').trim()}\n`);
  });

  it('keeps the mesh closed while the control plane is away', async () => {
    await playReplicas(rig, 0);
    await untilCondition(rig, 'Ready=False/ControlPlaneNotAvailable');
    expect(await getObject(rig, kinds.mutatingWebhookConfiguration, injector)).toBeDefined();
    await playReplicas(rig, 2);
    await untilCondition(rig, 'Ready=True/Ready');
  });
});

describe('autoscaling', () => {
  const replicas = async (): Promise<number | undefined> =>
    (await getObject<Body>(rig, kinds.deployment))?.spec?.replicas;

  it('takes over the number of replicas without a dip', async () => {
    await patchSpec({ controlPlane: { replicas: 3 } });
    await until(async () => (await replicas()) === 3);
    await patchSpec({ controlPlane: { autoscaling: { min: 2, max: 6 } } });
    await until(() => getObject(rig, kinds.horizontalPodAutoscaler));
    expect(await replicas()).toBe(3);
    await rig.kubectl('scale', 'deployment', controlPlane, '-n', namespace, '--replicas=5');
    await rig.kubectl('annotate', 'deployment', controlPlane, '-n', namespace, 'touched=1');
    await sleep(500);
    expect(await replicas()).toBe(5);
  });

  it('survives a restart of the operator with the number as it is', async () => {
    await rig.stopOperator();
    rig.startOperator();
    await until(() => Promise.resolve(writes() > 0));
    await sleep(1000);
    expect(await replicas()).toBe(5);
  });

  it('is removed when it is no longer wanted, and the MeshConfig decides again', async () => {
    await patchSpec({ controlPlane: { autoscaling: null, replicas: 2 } });
    await until(async () => (await getObject(rig, kinds.horizontalPodAutoscaler)) === undefined);
    await until(async () => (await replicas()) === 2);
    await playReplicas(rig, 2);
    await untilCondition(rig, 'Ready=True/Ready');
  });
});

describe('a spec with problems', () => {
  it('changes nothing, says why, and what there is is still kept', async () => {
    const before = await getObject<Body>(rig, kinds.deployment);
    await patchSpec({ certificate: { certKeyBitSize: 1024 }, controlPlane: { replicas: 5 } });
    const stalled = await untilCondition(rig, 'Stalled=True/InvalidSpec');
    expect(stalled.message).toBe(
      'Nothing was changed. spec.certificate.certKeyBitSize: 1024 is out of range; use 2048 to 4096.',
    );
    await untilCondition(rig, 'Ready=False/InvalidSpec');
    await rig.admin.remove(refOf(kinds.service, controlPlane), {}, rig.signal);
    await until(() => getObject(rig, kinds.service));
    expect((await getObject<Body>(rig, kinds.deployment))?.spec).toEqual(before?.spec);
  });

  it('is in force once it is mended', async () => {
    await patchSpec({ certificate: { certKeyBitSize: 2048 }, controlPlane: { replicas: 2 } });
    await untilCondition(rig, 'Ready=True/Ready');
    const meshConfig = await getMeshConfig(rig);
    const conditions = meshConfig?.status?.conditions ?? [];
    expect(conditions.map(({ type }) => type)).not.toContain('Stalled');
    expect(conditions.every((c) => c.observedGeneration === meshConfig?.metadata.generation)).toBe(
      true,
    );
  });

  it('that Kubernetes refuses is told in its words', async () => {
    await patchSpec({ controlPlane: { resources: { requests: { memory: '2Gi' } } } });
    const stalled = await untilCondition(rig, 'Stalled=True/Rejected');
    expect(stalled.message).toContain('must be less than or equal to memory limit');
    await patchSpec({ controlPlane: { resources: { requests: { memory: '128Mi' } } } });
    await untilCondition(rig, 'Ready=True/Ready');
  });
});

describe('another MeshConfig', () => {
  const other = (name: string, where: string): string =>
    JSON.stringify({
      apiVersion: 'config.openservicemesh.io/v1alpha2',
      kind: 'MeshConfig',
      metadata: { name, namespace: where },
      spec: { meshName: 'blue' },
    });

  it('is refused in its status, and the first rules on', async () => {
    await rig.kubectlApply(other('second', namespace));
    const ready = await untilCondition(rig, 'Ready=False/AnotherMeshConfig', 'second');
    expect(ready.message).toContain('weft-system/osm-mesh-config');
    await untilCondition(rig, 'Stalled=True/AnotherMeshConfig', 'second');
    await untilCondition(rig, 'Ready=True/Ready');
    const blue = 'weft-injector-blue';
    expect(await getObject(rig, kinds.mutatingWebhookConfiguration, blue)).toBeUndefined();
    expect((await getMeshConfig(rig, 'second'))?.metadata.finalizers).toBeUndefined();
  });

  it('elsewhere is told where it belongs', async () => {
    await rig.kubectlApply(other('stray', 'default'));
    await until(async () => {
      const text = await rig.kubectl('get', 'meshconfig', 'stray', '-n', 'default', '-o', 'wide');
      return text.includes('WrongNamespace') && text.includes('create it in weft-system');
    });
    await rig.kubectl('delete', 'meshconfig', 'stray', '-n', 'default', '--timeout=10s');
  });
});

describe('the end of a mesh', () => {
  /** What is left of a mesh, in words. */
  async function left(): Promise<string[]> {
    const owned = await Promise.all(
      everything.map(async ([kind, name]) => ((await getObject(rig, kind, name)) ? kind.kind : '')),
    );
    const published = ['weft-ca-bundle', 'weft-proxies'].map(async (name) =>
      (await getObject(rig, kinds.configMap, name)) ? name : '',
    );
    const secret = (await getObject(rig, kinds.secret, 'weft-ca')) ? 'weft-ca' : '';
    const fieldSelector = 'metadata.name=weft-bootstrap';
    const all = await rig.admin.list<ConfigMap>(kinds.configMap, { fieldSelector }, rig.signal);
    const bootstraps = all.map(({ metadata }) => `weft-bootstrap in ${metadata.namespace ?? ''}`);
    const names = [...owned, ...(await Promise.all(published)), secret, ...bootstraps];
    return names.filter((name) => name !== '');
  }

  async function makeTraces(mesh: string): Promise<void> {
    const labels = { 'app.kubernetes.io/managed-by': 'weft', 'weft.dev/mesh': mesh };
    const metadata = { name: 'weft-bootstrap', namespace: 'default', labels };
    const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata };
    await rig.admin.create(kinds.configMap, object, rig.signal);
    await rig.admin.create(kinds.secret, makeRootSecret('weft'), rig.signal);
  }

  it('leaves nothing, and webhooks go first', async () => {
    await makeTraces('osm');
    const from = rig.proxy.asked.length;
    await rig.stopOperator();
    await rig.kubectl('delete', 'meshconfig', 'osm-mesh-config', '-n', namespace, '--wait=false');
    await rig.kubectl('delete', 'meshconfig', 'second', '-n', namespace, '--timeout=10s');
    expect((await getMeshConfig(rig))?.metadata.deletionTimestamp).toBeDefined();
    rig.startOperator();
    await until(async () => (await getMeshConfig(rig)) === undefined, 30_000);
    expect(await left()).toEqual([]);
    const removed = rig.proxy.asked.slice(from).filter(({ verb }) => verb === 'delete');
    expect(removed.slice(0, 2).map(({ group }) => group)).toEqual([
      'admissionregistration.k8s.io',
      'admissionregistration.k8s.io',
    ]);
  });

  it('comes also when the control plane never was available', async () => {
    await rig.kubectl('apply', '-f', 'config/samples/meshconfig.yaml');
    await untilCondition(rig, 'Ready=False/ControlPlaneNotAvailable');
    await rig.kubectl('delete', 'meshconfig', 'osm-mesh-config', '-n', namespace, '--timeout=30s');
    expect(await left()).toEqual([]);
  });

  it('comes also when somebody took the finalizer away: no webhook stays that nobody answers', async () => {
    await rig.kubectl('apply', '-f', 'config/samples/meshconfig.yaml');
    await playControlPlane(rig);
    await untilCondition(rig, 'Ready=True/Ready');
    await rig.stopOperator();
    const ref = refOf(kinds.meshConfig, 'osm-mesh-config');
    const value = { metadata: { finalizers: null } };
    await rig.admin.merge(ref, { value }, rig.signal);
    await rig.admin.remove(ref, {}, rig.signal);
    rig.startOperator();
    await until(async () => {
      const there = await getObject(rig, kinds.mutatingWebhookConfiguration, injector);
      return there === undefined;
    });
  });

  it('leaves a root that a user brought', async () => {
    await until(async () => (await getObject(rig, kinds.deployment)) === undefined);
    await rig.kubectl('apply', '-f', 'config/samples/meshconfig.yaml');
    await rig.admin.create(kinds.secret, makeRootSecret('us'), rig.signal);
    await untilCondition(rig, 'Ready=False/ControlPlaneNotAvailable');
    await rig.kubectl('delete', 'meshconfig', 'osm-mesh-config', '-n', namespace, '--timeout=30s');
    expect(await getObject(rig, kinds.secret, 'weft-ca')).toBeDefined();
  });
});
