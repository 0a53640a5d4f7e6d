// H8: a holder of the control plane's token has Kubernetes write the token of another account into a Secret that
// the operator lets the control plane read.
import { readFile, writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { kinds } from '../../../src/api/kinds.ts';
import { WeftError } from '../../../src/common/errors.ts';
import { apiStatusOf } from '../../../src/kubernetes/api-failure.ts';
import { type ApiConnection, connect } from '../../../src/kubernetes/connect.ts';
import {
  type OperatorRig,
  namespace,
  playControlPlane,
  operatorRigOfFile,
  untilCondition,
} from '../../support/operator/operator-on-api-server.ts';

jest.setTimeout(90_000);

const gateways = `
apiVersion: v1
kind: Namespace
metadata: { name: ingress }
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: { name: certificate, namespace: ingress }
rules:
  - { apiGroups: [''], resources: [secrets], verbs: [create] }
  - { apiGroups: [''], resources: [secrets], resourceNames: [gateway], verbs: [get, patch, delete] }
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: { name: certificate, namespace: ingress }
roleRef: { apiGroup: rbac.authorization.k8s.io, kind: Role, name: certificate }
subjects: [{ kind: ServiceAccount, name: weft-control-plane, namespace: ${namespace} }]
`;

let thief: ApiConnection;
const rig = operatorRigOfFile(async (made: OperatorRig) => {
  await made.kubectl('apply', '-f', 'config/samples/meshconfig.yaml');
  await playControlPlane(made);
  await untilCondition(made, 'Ready=True/Ready');
  await made.kubectlApply(gateways);
  const token = await made.kubectl('create', 'token', 'weft-control-plane', '-n', namespace);
  const kubeconfig = `${made.operatorKubeconfig}-stolen`;
  const config = JSON.parse(await readFile(made.operatorKubeconfig, 'utf8')) as object;
  const users = [{ name: 'rig', user: { token: token.trim() } }];
  await writeFile(kubeconfig, JSON.stringify({ ...config, users }), { mode: 0o600 });
  thief = await connect({ kubeconfig });
});

const serviceAccountToken = 'kubernetes.io/service-account-token';
const refused = /the control plane may create only Secrets (of the types|that it may read)/;

interface Wanted {
  readonly name?: string;
  readonly type?: string;
  readonly where?: string;
  readonly account?: string;
}

/** What the API server answers when a client creates a Secret; `created` on success. */
async function made(wanted: Wanted, by: ApiConnection = thief): Promise<string> {
  const { name = 'weft-ca', type, where = namespace, account } = wanted;
  const annotations =
    account === undefined ? {} : { 'kubernetes.io/service-account.name': account };
  const object = {
    ...{ apiVersion: 'v1', kind: 'Secret', type },
    metadata: { name, namespace: where, annotations },
    data: { 'tls.crt': '', 'tls.key': '' },
  };
  try {
    await by.create(kinds.secret, object, rig().signal);
    return 'created';
  } catch (error) {
    const failure = WeftError.from(error);
    return apiStatusOf(failure)?.message ?? failure.message;
  }
}

const remove = (name: string, where = namespace): Promise<string> =>
  rig().kubectl('delete', 'secret', name, '-n', where, '--ignore-not-found');

afterAll(() => thief.close());

describe('H8: the token of the control plane', () => {
  beforeAll(async () => {
    // The policy takes a moment to be in force.
    let answer = '';
    for (let tries = 0; tries < 30; tries += 1) {
      await remove('probe');
      answer = await made({ name: 'probe', type: 'Opaque' });
      if (refused.test(answer)) return;
    }
    throw new Error(`the policy is not in force: ${answer}`);
  });

  it.each<readonly [string, Wanted]>([
    ['under the name of its root', {}],
    ['under the name of its next root', { name: 'weft-ca-2' }],
    ['under that of an intermediate', { name: 'weft-intermediate-vault' }],
    ['under that of a gateway', { name: 'gateway', where: 'ingress' }],
  ])('makes no Secret with the token of another account: %s', async (_, wanted) => {
    for (const account of ['weft-operator', 'weft-control-plane', 'default']) {
      const answer = await made({ ...wanted, type: serviceAccountToken, account });
      expect(answer).toMatch(refused);
    }
  });

  it('makes no Secret of a name that no Role grants', async () => {
    for (const name of ['weft-ca-2', 'weft-intermediate-x', 'site-tls'])
      for (const type of ['kubernetes.io/tls', 'Opaque'])
        expect(await made({ name, type })).toMatch(refused);
  });

  it.each<readonly [string, Wanted]>([
    ['the Secret of its root', { type: 'kubernetes.io/tls' }],
    ['the key of a root that a user brought', { type: 'Opaque' }],
    ['that of a gateway', { name: 'gateway', where: 'ingress', type: 'kubernetes.io/tls' }],
  ])('still makes %s', async (_, wanted) => {
    await remove(wanted.name ?? 'weft-ca', wanted.where);
    expect(await made(wanted)).toBe('created');
  });

  it('says nothing to anybody else', async () => {
    const wanted = { name: 'of-an-administrator', type: serviceAccountToken, account: 'default' };
    expect(await made(wanted, rig().admin)).toBe('created');
  });
});
