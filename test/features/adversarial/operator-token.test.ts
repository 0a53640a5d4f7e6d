import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { kinds, type Kind } from '../../../src/api/kinds.ts';
import { WeftError } from '../../../src/common/errors.ts';
import { apiStatusOf } from '../../../src/kubernetes/api-failure.ts';
import { type ApiConnection, connect } from '../../../src/kubernetes/connect.ts';
import {
  type OperatorRig,
  getObject,
  namespace,
  playControlPlane,
  startOperatorRig,
  untilCondition,
} from '../../support/operator/operator-on-api-server.ts';

// S19: a holder of the operator's token, and what the token allows. The mesh's own webhook configurations
// are; SECURITY.md says so.

jest.setTimeout(90_000);

const account = { kind: 'ServiceAccount', name: 'weft-operator', namespace };
const rbac = 'rbac.authorization.k8s.io';
const everything = { apiGroups: ['*'], resources: ['*'], verbs: ['*'] };
/** A volume of the control plane's pods, without which Kubernetes refuses them anyway. */
const token = { name: 'token', emptyDir: {} };
const secretsOfAll = { apiGroups: [''], resources: ['secrets'], verbs: ['get', 'list'] };

let rig: OperatorRig;
let thief: ApiConnection;

beforeAll(async () => {
  rig = await startOperatorRig();
  rig.startOperator();
  await rig.kubectl('apply', '-f', 'config/samples/meshconfig.yaml');
  await playControlPlane(rig);
  await untilCondition(rig, 'Ready=True/Ready');
  await rig.stopOperator();
  thief = await connect({ kubeconfig: rig.operatorKubeconfig });
  const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'weft-ca', namespace } };
  await rig.admin.create(kinds.secret, secret, rig.signal);
  const others = { name: 'policy.example', webhooks: [] };
  await rig.admin.create(
    kinds.validatingWebhookConfiguration,
    {
      apiVersion: 'admissionregistration.k8s.io/v1',
      kind: 'ValidatingWebhookConfiguration',
      metadata: { name: others.name },
    },
    rig.signal,
  );
});
afterAll(async () => {
  await thief.close();
  await rig.stop();
});

/** What the API server said; `done` when it did it. */
async function answer(doing: Promise<unknown>): Promise<string> {
  try {
    await doing;
    return 'done';
  } catch (error) {
    const failure = WeftError.from(error);
    return apiStatusOf(failure)?.message ?? failure.message;
  }
}

function merge(kind: Kind, name: string, value: object): Promise<string> {
  const ref = { kind, name, ...(kind.namespaced ? { namespace } : {}) };
  return answer(thief.merge(ref, { value }, rig.signal));
}

const forbidden =
  /is forbidden: User "system:serviceaccount:weft-system:weft-operator" cannot|attempting to grant RBAC permissions not currently held/;

describe('S19: the token of the operator', () => {
  it.each([namespace, 'kube-system'])('reads no Secret of %s', async (where) => {
    const ref = { kind: kinds.secret, namespace: where, name: 'weft-ca' };
    expect(await answer(thief.get(ref, rig.signal))).toMatch(forbidden);
    const all = thief.list(kinds.secret, { namespace: where }, rig.signal);
    expect(await answer(all)).toMatch(forbidden);
  });

  it.each<readonly [string, Kind, string, object]>([
    ["another's webhooks", kinds.validatingWebhookConfiguration, 'policy.example', {}],
    ['the spec of the MeshConfig', kinds.meshConfig, 'osm-mesh-config', { spec: {} }],
    ['its own rights', kinds.clusterRole, 'weft-operator', { rules: [everything] }],
    ['its own rights in its namespace', kinds.role, 'weft-operator', { rules: [everything] }],
    [
      "the control plane's rights",
      kinds.clusterRole,
      'weft-control-plane',
      { rules: [everything] },
    ],
  ])('does not change %s', async (...[, kind, name, value]) => {
    const change = { metadata: { labels: { stolen: 'yes' } }, ...value };
    expect(await merge(kind, name, change)).toMatch(forbidden);
  });

  it('removes no webhooks of other owners', async () => {
    const ref = { kind: kinds.validatingWebhookConfiguration, name: 'policy.example' };
    expect(await answer(thief.remove(ref, {}, rig.signal))).toMatch(forbidden);
  });

  it.each([
    ['everything', everything],
    ['all Secrets', secretsOfAll],
    ['pods', { apiGroups: [''], resources: ['pods'], verbs: ['create'] }],
    [
      'others',
      { apiGroups: [''], resources: ['configmaps'], resourceNames: ['x'], verbs: ['impersonate'] },
    ],
  ])('gives the control plane no right to %s', async (_, rule) => {
    const answer = await merge(kinds.role, 'weft-control-plane', { rules: [rule] });
    expect(answer).toContain('only the rights that a mesh needs, and Secrets by name only');
  });

  it.each([
    ['RoleBinding', 'weft-control-plane', kinds.roleBinding],
    ['RoleBinding', 'weft-mesh', kinds.roleBinding],
    ['ClusterRoleBinding', 'weft-control-plane', kinds.clusterRoleBinding],
  ])('binds rights to no account of the thief: %s %s', async (_, name, kind) => {
    const user = { apiGroup: rbac, kind: 'User', name: 'thief' };
    const elsewhere = { kind: 'ServiceAccount', name: 'weft-control-plane', namespace: 'default' };
    for (const subject of [account, user, elsewhere])
      expect(await merge(kind, name, { subjects: [subject] })).toContain(
        "may bind rights only to the control plane's ServiceAccount",
      );
  });

  it.each([
    [
      'a Secret as a volume',
      { volumes: [token, { name: 's', secret: { secretName: 'weft-ca' } }] },
    ],
    [
      'a Secret in a projected volume',
      {
        volumes: [token, { name: 's', projected: { sources: [{ secret: { name: 'weft-ca' } }] } }],
      },
    ],
    [
      'a Secret in the environment',
      {
        containers: [{ name: 's', image: 'x', envFrom: [{ secretRef: { name: 'weft-ca' } }] }],
      },
    ],
    ['the account of the operator', { serviceAccountName: 'weft-operator' }],
  ])('runs no pod with %s', async (_, spec) => {
    const answer = await merge(kinds.deployment, 'weft-control-plane', {
      spec: { template: { spec } },
    });
    expect(answer).toMatch(
      /the operator may not (mount|put) Secrets|may run pods only as the control plane/,
    );
  });

  it('makes no pod, no account token and no object of another name', async () => {
    const made = (kind: Kind, name: string, apiVersion: string): Promise<string> => {
      const where = kind.namespaced ? { namespace } : {};
      const object = { apiVersion, kind: kind.kind, metadata: { name, ...where } };
      return answer(thief.create(kind, object, rig.signal));
    };
    expect(await made(kinds.pod, 'x', 'v1')).toMatch(forbidden);
    expect(await made(kinds.role, 'x', `${rbac}/v1`)).toMatch(forbidden);
    expect(await made(kinds.clusterRoleBinding, 'x', `${rbac}/v1`)).toMatch(forbidden);
    const webhooks = kinds.mutatingWebhookConfiguration;
    expect(await made(webhooks, 'x', 'admissionregistration.k8s.io/v1')).toMatch(forbidden);
  });

  it('still does what the operator is for', async () => {
    rig.startOperator();
    await rig.admin.remove(
      { kind: kinds.roleBinding, name: 'weft-control-plane', namespace },
      {},
      rig.signal,
    );
    await untilCondition(rig, 'Ready=True/Ready');
    await rig.kubectl('wait', '--for=create', 'rolebinding/weft-control-plane', '-n', namespace);
    expect(await getObject(rig, kinds.role, 'weft-mesh')).toBeDefined();
  });
});
