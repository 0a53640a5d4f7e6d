import { beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { Pod } from '../../../src/api/core.ts';
import { kinds } from '../../../src/api/kinds.ts';
import {
  type OperatorRig,
  operatorRigOfFile,
} from '../../support/operator/operator-on-api-server.ts';
import { answerOf, answerWith, attackersHome } from '../../support/api-server/as-user.ts';

// A user with all rights in one namespace writes another user's address into the status of a pod.

jest.setTimeout(90_000);

const ruler = (name: string, verbs: string): string => `
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: { name: ${name} }
rules: [{ apiGroups: [''], resources: [pods, pods/status], verbs: [get, ${verbs}] }]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: { name: ${name} }
roleRef: { apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: ${name} }
subjects: [{ apiGroup: rbac.authorization.k8s.io, kind: User, name: ${name} }]
`;
const home = `
${attackersHome}
---
${ruler('updater', 'update')}
---
${ruler('patcher', 'patch')}
`;
const spec = { nodeSelector: { no: 'such' }, containers: [{ name: 'x', image: 'x' }] };
const nodeSpec = { nodeName: 'node-1', containers: spec.containers };
const api = '10.96.0.1';
const spoof = { phase: 'Running', podIP: api, podIPs: [{ ip: api }] };
const refused = /only the node of a pod writes podIP, podIPs, hostIP and hostIPs/;

const rig = operatorRigOfFile(async (made: OperatorRig) => {
  await made.kubectlApply(home);
  for (const [name, one] of Object.entries({ fake: spec, bound: nodeSpec })) {
    const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name, namespace: 'evil' }, spec: one };
    await made.admin.create(kinds.pod, pod, made.signal);
  }
});

/** The answer to a user who writes the status of a pod in `evil`. */
async function written(as: readonly string[], status: object, pod = 'fake'): Promise<string> {
  const patch = ['patch', 'pod', pod, '-n', 'evil', '--subresource=status', '--type=merge'];
  return answer(...patch, '-p', JSON.stringify({ status }), ...as);
}

const answer = (...args: readonly string[]): Promise<string> => answerOf(rig(), ...args);

const statusPath = (pod: string): string => `/api/v1/namespaces/evil/pods/${pod}/status`;

/** The same by PUT of the whole pod, without a read through kubectl. */
async function replaced(as: readonly string[], status: object, name: string): Promise<string> {
  const pod = await podOf(name);
  const object = { ...pod, status: { ...pod?.status, ...status } };
  return answerWith(rig(), object, 'replace', '--raw', statusPath(name), ...as);
}

function podOf(name: string): Promise<Pod | undefined> {
  return rig().admin.get<Pod>({ kind: kinds.pod, namespace: 'evil', name }, rig().signal);
}

async function statusOf(name: string): Promise<Pod['status']> {
  return (await podOf(name))?.status;
}

/** What kubectl prints of a patch, and the API server of a PUT. */
const done = /patched|"kind":"Pod"/;
const attacker = ['--as=attacker'];
const kubelet = ['--as=system:node:node-1', '--as-group=system:nodes'];

describe('the addresses in the status of a pod', () => {
  // Policies take a moment to be in force.
  beforeAll(async () => {
    for (;;) {
      const answer = await written(attacker, { podIP: api, podIPs: [{ ip: api }] });
      if (refused.test(answer)) return;
      await rig().admin.merge(
        { kind: kinds.pod, namespace: 'evil', name: 'fake' },
        { value: { status: { podIP: null, podIPs: null } }, subresource: 'status' },
        rig().signal,
      );
    }
  });

  it.each<readonly [string, object]>([
    ['of a Service', spoof],
    ['as its only address', { podIP: '10.1.0.2' }],
    ['among several', { podIPs: [{ ip: '10.1.0.2' }] }],
    ['of a node', { hostIP: '10.0.0.10' }],
    ['of nodes', { hostIP: '10.0.0.10', hostIPs: [{ ip: '10.0.0.10' }, { ip: 'fd00::10' }] }],
  ])('are not written by a user with all rights in its namespace: a %s', async (_, status) => {
    for (const pod of ['fake', 'bound'])
      expect(await written(attacker, status, pod)).toMatch(refused);
    expect(await statusOf('fake')).not.toHaveProperty('podIP');
  });

  it('are not replaced or taken away by such a user either', async () => {
    expect(
      await replaced(kubelet, { podIP: '10.1.0.7', podIPs: [{ ip: '10.1.0.7' }] }, 'bound'),
    ).toMatch(done);
    expect(await written(attacker, { podIP: null, podIPs: null }, 'bound')).toMatch(refused);
    expect(await replaced(attacker, spoof, 'bound')).toMatch(refused);
    expect(await statusOf('bound')).toMatchObject({ podIP: '10.1.0.7' });
  });

  it('leave the rest of the status to all users who may write it', async () => {
    const conditions = [{ type: 'example.com/ready', status: 'True' }];
    for (const pod of ['fake', 'bound'])
      expect(await written(attacker, { phase: 'Running', conditions }, pod)).toMatch(/patched/);
  });

  it('are written by the node of the pod', async () => {
    const first = { hostIP: '10.0.0.11', hostIPs: [{ ip: '10.0.0.11' }] };
    const status = { ...first, podIP: '10.1.0.8', podIPs: [{ ip: '10.1.0.8' }] };
    expect(await replaced(kubelet, status, 'bound')).toMatch(done);
    expect(await statusOf('bound')).toMatchObject(status);
  });

  it.each(['updater', 'patcher'])(
    'are written by a user who may do so everywhere: %s',
    async (name) => {
      const ip = name === 'updater' ? '10.1.0.20' : '10.1.0.21';
      const write = name === 'patcher' ? written : replaced;
      expect(await write([`--as=${name}`], { podIP: ip, podIPs: [{ ip }] }, 'bound')).toMatch(done);
      expect(await statusOf('bound')).toMatchObject({ podIP: ip });
    },
  );

  it('are not claimed again by bringing a finished pod back', async () => {
    const metadata = { name: 'ended', namespace: 'evil' };
    const pod = { apiVersion: 'v1', kind: 'Pod', metadata, spec: nodeSpec };
    await rig().admin.create(kinds.pod, pod, rig().signal);
    const address = { podIP: '10.1.0.30', podIPs: [{ ip: '10.1.0.30' }] };
    for (const phase of ['Succeeded', 'Failed']) {
      expect(await replaced(kubelet, { phase, ...address }, 'ended')).toMatch(done);
      for (const next of ['Running', 'Pending', 'Unknown']) {
        expect(await written(attacker, { phase: next }, 'ended')).toMatch(refused);
        expect(await replaced(attacker, { phase: next }, 'ended')).toMatch(refused);
      }
      expect(await statusOf('ended')).toMatchObject({ phase, ...address });
      expect(await written(attacker, { reason: 'Seen' }, 'ended')).toMatch(done);
      expect(await replaced(kubelet, { phase: 'Running' }, 'ended')).toMatch(done);
      expect(await written(attacker, { phase }, 'ended')).toMatch(done);
    }
    expect(await written(['--as=patcher'], { phase: 'Running' }, 'ended')).toMatch(done);
  });

  it('are not there when a pod is created with a status', async () => {
    const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'born', namespace: 'evil' } };
    const text = JSON.stringify({ ...pod, spec, status: spoof });
    expect(await rig().kubectlApply(text)).toMatch(/created/);
    const status = await statusOf('born');
    expect(status).toMatchObject({ phase: 'Pending' });
    expect(status).not.toHaveProperty('podIP');
    expect(status).not.toHaveProperty('podIPs');
  });
});
