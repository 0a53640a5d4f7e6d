import { describe, expect, it, jest } from '@jest/globals';
import { kinds } from '../../../src/api/kinds.ts';
import { drift } from './drift.ts';
import { meshEnd } from './mesh-end.ts';
import {
  type Body,
  core,
  grant,
  injector,
  patchSpec,
  refOf,
  validator,
  writes,
} from '../../support/operator/mesh-objects.ts';
import {
  controlPlane,
  getMeshConfig,
  getObject,
  namespace,
  playControlPlane,
  playReplicas,
  operatorRigOfFile,
  untilCondition,
} from '../../support/operator/operator-on-api-server.ts';
import { until } from '../../support/time/until.ts';
import { staysTrueFor } from '../../support/time/stays-true-for.ts';

// One mesh from its first command to its end: each part goes on where the part before it ended.

jest.setTimeout(90_000);

const rig = operatorRigOfFile();

describe('a mesh from two commands', () => {
  it('has everything but webhooks before the control plane answers', async () => {
    await rig().kubectl('apply', '-f', 'config/samples/meshconfig.yaml');
    await untilCondition(rig(), 'Ready=False/ControlPlaneNotAvailable');
    const meshConfig = await getMeshConfig(rig());
    const home = await getObject(rig(), kinds.namespace, namespace);
    const owner = { kind: 'Namespace', name: namespace, uid: home?.metadata.uid };
    for (const kind of core) {
      const value = await until(() => getObject(rig(), kind));
      expect(value.metadata.ownerReferences).toMatchObject([owner]);
    }
    for (const kind of [kinds.role, kinds.roleBinding]) {
      const value = await until(() => getObject(rig(), kind, grant));
      const active = { kind: 'MeshConfig', name: 'osm-mesh-config', uid: meshConfig?.metadata.uid };
      expect(value.metadata.ownerReferences).toMatchObject([active]);
    }
    expect(await getObject(rig(), kinds.mutatingWebhookConfiguration, injector)).toBeUndefined();
    expect(await getObject(rig(), kinds.validatingWebhookConfiguration, validator)).toBeUndefined();
  });

  it('gets its webhooks and is ready once the control plane is there', async () => {
    await playControlPlane(rig());
    await untilCondition(rig(), 'Ready=True/Ready');
    const columns = await rig().kubectl('get', 'meshconfig', '-A', '--no-headers');
    expect(columns).toMatch(
      /^weft-system +osm-mesh-config +True +3\/3 +builtIn +true +1\.2\.3 +\d+s/,
    );
    const { status } = (await getMeshConfig(rig())) ?? {};
    expect(status?.conditions?.map(({ type }) => type)).toEqual(
      expect.arrayContaining(['Ready', 'ControlPlaneAvailable', 'CertificatesReady']),
    );
    expect(status?.conditions?.every((c) => c.observedGeneration === 1)).toBe(true);
    expect(status?.conditions?.map(({ type }) => type)).not.toContain('Stalled');
  });

  it('writes nothing while nothing changes', async () => {
    const before = writes(rig());
    await staysTrueFor(3_000, 'no write', () => writes(rig()) === before);
  });

  it('records Events about the objects that it made', async () => {
    await until(async () => {
      const text = await rig().kubectl('get', 'events', '-n', namespace, '--no-headers');
      return text.includes('Created Deployment/weft-control-plane');
    });
  });

  it.each(['weft-operator', controlPlane])(
    'has pods of %s that the strictest pod security lets in',
    async (name) => {
      const deployment = await getObject<Body>(rig(), kinds.deployment, name);
      const metadata = { name: `${name}-try`, namespace };
      const { spec } = deployment?.spec?.template ?? {};
      const pod = { apiVersion: 'v1', kind: 'Pod', metadata, spec };
      await rig().admin.create(kinds.pod, pod, rig().signal);
      await rig().admin.remove(refOf(kinds.pod, `${name}-try`), {}, rig().signal);
    },
  );

  it('never wrote the spec', async () => {
    const text = await rig().kubectl(
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

describe('drift', () => drift(rig));

describe('autoscaling', () => {
  const replicas = async (): Promise<number | undefined> =>
    (await getObject<Body>(rig(), kinds.deployment))?.spec?.replicas;

  it('takes over the number of replicas without a dip', async () => {
    await patchSpec(rig(), { controlPlane: { replicas: 3 } });
    await until(() => replicas(), { holds: (answer) => answer === 3 });
    await patchSpec(rig(), { controlPlane: { autoscaling: { min: 2, max: 6 } } });
    await until(() => getObject(rig(), kinds.horizontalPodAutoscaler));
    expect(await replicas()).toBe(3);
    await rig().kubectl('scale', 'deployment', controlPlane, '-n', namespace, '--replicas=5');
    await rig().kubectl('annotate', 'deployment', controlPlane, '-n', namespace, 'touched=1');
    await staysTrueFor(500, 'five replicas', async () => (await replicas()) === 5);
  });

  it('survives a restart of the operator with the number as it is', async () => {
    await rig().stopOperator();
    rig().startOperator();
    await until(() => writes(rig()) > 0);
    await staysTrueFor(1_000, 'five replicas', async () => (await replicas()) === 5);
  });

  it('is removed when it is no longer wanted, and the MeshConfig decides again', async () => {
    await patchSpec(rig(), { controlPlane: { autoscaling: null, replicas: 2 } });
    await until(() => getObject(rig(), kinds.horizontalPodAutoscaler), {
      holds: (answer) => answer === undefined,
    });
    await until(() => replicas(), { holds: (answer) => answer === 2 });
    await playReplicas(rig(), 2);
    await untilCondition(rig(), 'Ready=True/Ready');
  });
});

describe('a spec with problems', () => {
  it('changes nothing, says why, and what there is is still kept', async () => {
    const before = await getObject<Body>(rig(), kinds.deployment);
    await patchSpec(rig(), {
      certificate: { certKeyBitSize: 1024 },
      controlPlane: { replicas: 5 },
      traffic: { enablePermissiveTrafficPolicyMode: false, enableEgress: false },
    });
    const stalled = await untilCondition(rig(), 'Stalled=True/InvalidSpec');
    expect(stalled.message).toBe(
      'Nothing was changed. spec.certificate.certKeyBitSize: 1024 is out of range; use 2048 to 4096.',
    );
    await untilCondition(rig(), 'Ready=False/InvalidSpec');
    // The control plane obeys the spec of before.
    const columns = await rig().kubectl('get', 'meshconfig', '-A', '-o', 'wide');
    expect(columns).toMatch(/PERMISSIVE .*EGRESS +REASON.*\n.* true .* true +InvalidSpec /);
    await rig().admin.remove(refOf(kinds.service, controlPlane), {}, rig().signal);
    await until(() => getObject(rig(), kinds.service));
    expect((await getObject<Body>(rig(), kinds.deployment))?.spec).toEqual(before?.spec);
  });

  it('is in force once it is mended', async () => {
    await patchSpec(rig(), {
      certificate: { certKeyBitSize: 2048 },
      controlPlane: { replicas: 2 },
    });
    await untilCondition(rig(), 'Ready=True/Ready');
    const meshConfig = await getMeshConfig(rig());
    expect(meshConfig?.status?.traffic).toEqual({ permissive: false, egress: false });
    const conditions = meshConfig?.status?.conditions ?? [];
    expect(conditions.map(({ type }) => type)).not.toContain('Stalled');
    expect(conditions.every((c) => c.observedGeneration === meshConfig?.metadata.generation)).toBe(
      true,
    );
  });

  it("that Kubernetes refuses is reported with Kubernetes' message", async () => {
    await patchSpec(rig(), { controlPlane: { resources: { requests: { memory: '2Gi' } } } });
    const stalled = await untilCondition(rig(), 'Stalled=True/Rejected');
    expect(stalled.message).toContain('must be less than or equal to memory limit');
    await patchSpec(rig(), { controlPlane: { resources: { requests: { memory: '128Mi' } } } });
    await untilCondition(rig(), 'Ready=True/Ready');
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
    await rig().kubectlApply(other('second', namespace));
    const ready = await untilCondition(rig(), 'Ready=False/AnotherMeshConfig', 'second');
    expect(ready.message).toContain('weft-system/osm-mesh-config');
    await untilCondition(rig(), 'Stalled=True/AnotherMeshConfig', 'second');
    await untilCondition(rig(), 'Ready=True/Ready');
    const webhooks = await getObject(rig(), kinds.mutatingWebhookConfiguration, injector);
    expect(JSON.stringify(webhooks)).not.toContain('blue');
    expect(JSON.stringify(webhooks)).toContain('"values":["osm"]');
  });

  it('in another namespace gets the name of the right namespace', async () => {
    await rig().kubectlApply(other('stray', 'default'));
    await until(async () => {
      const text = await rig().kubectl('get', 'meshconfig', 'stray', '-n', 'default', '-o', 'wide');
      return text.includes('WrongNamespace') && text.includes('create it in weft-system');
    });
    await rig().kubectl('delete', 'meshconfig', 'stray', '-n', 'default', '--timeout=10s');
  });
});

describe('the end of a mesh', () => meshEnd(rig));
