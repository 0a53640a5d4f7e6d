// H2: a user with all rights in one namespace writes down another's pod and a port of its sidecar as the endpoint
// of a NodePort Service, and so calls it from the address of the kubelet.
import { beforeAll, describe, expect, it, jest } from '@jest/globals';
import { ports as ofControlPlane } from '../../../src/api/control-plane-names.ts';
import { sidecarPorts } from '../../../src/common/sidecar-ports.ts';
import {
  type OperatorRig,
  operatorRigOfFile,
} from '../../support/operator/operator-on-api-server.ts';
import { answerOf, answerWith, attackersHome } from '../../support/api-server/as-user.ts';
import { until } from '../../support/time/until.ts';

jest.setTimeout(90_000);

type Ports = readonly (number | undefined)[];
type Make = (name: string, ports: Ports, address?: string) => object;

const slice: Make = (name, ports, address = '10.1.0.7') => ({
  ...{ apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice', addressType: 'IPv4' },
  metadata: { name, namespace: 'evil', labels: { 'kubernetes.io/service-name': name } },
  endpoints: [{ addresses: [address] }],
  ports: ports.map((port, at) => ({ name: `p${at}`, port })),
});

/** The ports are those of its second group of addresses. */
const endpoints: Make = (name, ports, address = '10.1.0.7') => ({
  ...{ apiVersion: 'v1', kind: 'Endpoints', metadata: { name, namespace: 'evil' } },
  subsets: [
    { addresses: [{ ip: '10.1.0.8' }], ports: [{ name: 'p', port: 80 }] },
    { addresses: [{ ip: address }], ports: ports.map((port, at) => ({ name: `p${at}`, port })) },
  ],
});

const account = 'system:serviceaccount:kube-system:';
const attacker = '--as=attacker';
const mirroring = `--as=${account}endpointslicemirroring-controller`;
const asAdministrator = ['--as=system:admin', '--as-group=system:masters'];
const refused = /no Service may lead to them|belong to sidecars and their control plane/;
const done = /created|patched|replaced/;
const policy = 'validatingadmissionpolicybinding/weft-endpoint-ports';

const rig = operatorRigOfFile((made: OperatorRig) => made.kubectlApply(attackersHome), {
  controllers: ['endpointslice-controller'],
});
const created = (object: object, ...as: readonly string[]): Promise<string> =>
  answerWith(rig(), object, 'create', ...as);
const replaced = (object: object, ...as: readonly string[]): Promise<string> =>
  answerWith(rig(), object, 'replace', ...as);

let count = 0;
const fresh = (): string => `e${(count += 1)}`;

/** The policy takes a moment to be in force, and to be out of it. */
async function untilEnforced(enforced: boolean): Promise<void> {
  let answer = '';
  for (let tries = 0; tries < 50; tries += 1) {
    answer = await created(slice(fresh(), [sidecarPorts.ready]), attacker);
    if (refused.test(answer) === enforced) return;
  }
  throw new Error(`the policy is not ${enforced ? 'in' : 'out of'} force: ${answer}`);
}

const probes = [15_901, 15_902, 15_903, 15_904, 15_905, 15_906];
const others = [15_000, 15_001, 15_003, 15_010, ofControlPlane.xds, ofControlPlane.replicas];

describe.each([
  { what: 'EndpointSlice', make: slice, controller: `--as=${account}endpointslice-controller` },
  { what: 'Endpoints', make: endpoints, controller: `--as=${account}endpoint-controller` },
])('H2: an object of kind $what', ({ what, make, controller }) => {
  beforeAll(() => untilEnforced(true));

  it('is not written by hand with a port of a sidecar or of its control plane', async () => {
    expect([...probes, ...others]).toEqual(expect.arrayContaining(Object.values(sidecarPorts)));
    for (const port of [...probes, ...others]) {
      expect(await created(make(fresh(), [8080, port]), attacker)).toMatch(refused);
    }
  });

  it('is not changed by hand to have one, nor to lead one elsewhere', async () => {
    const name = fresh();
    expect(await created(make(name, [8080]), attacker)).toMatch(done);
    expect(await replaced(make(name, [sidecarPorts.readiness]), attacker)).toMatch(refused);
    const led = fresh();
    expect(await created(make(led, [sidecarPorts.metrics]), controller)).toMatch(done);
    expect(await replaced(make(led, [sidecarPorts.metrics], '10.1.0.9'), attacker)).toMatch(
      refused,
    );
    const label = ['label', `${what}/${led}`, '-n', 'evil', '--overwrite', attacker];
    expect(await answerOf(rig(), ...label, 'kubernetes.io/service-name=other')).toMatch(refused);
  });

  it('has every other port, and none', async () => {
    const free = [80, 8443, 9091, 9443, 14_999, 15_011, 15_127, 15_900, 15_907];
    const name = fresh();
    expect(await created(make(name, free), attacker)).toMatch(done);
    expect(await replaced(make(name, [8080]), controller)).toMatch(done);
    for (const nothing of [null, []]) {
      const none = { subsets: nothing, ports: nothing, endpoints: nothing };
      for (const write of [created, replaced]) {
        const object = { ...make(write === created ? fresh() : name, []), ...none };
        expect(await write(object, controller, '--validate=false')).toMatch(done);
      }
      expect(await replaced(make(name, [15_902]), attacker)).toMatch(refused);
    }
  });

  it('has a port of a sidecar that Kubernetes writes for a selector, but none of the probes', async () => {
    expect(await created(make(fresh(), [15_010, 15_128]), controller)).toMatch(done);
    for (const as of [[controller], asAdministrator])
      expect(await created(make(fresh(), [15_902]), ...as)).toMatch(/no Service may lead to them/);
  });

  it('from before the rule goes on, and leads nowhere else by hand', async () => {
    await rig().kubectl('delete', policy);
    await untilEnforced(false);
    const [own, theirs] = [fresh(), fresh()];
    for (const name of [own, theirs])
      expect(await created(make(name, [15_902]), controller)).toMatch(done);
    await rig().kubectl('apply', '-k', 'config/default');
    await untilEnforced(true);
    expect(await replaced(make(own, [15_902], '10.1.0.9'), controller)).toMatch(done);
    expect(await replaced(make(theirs, [15_902], '10.1.0.9'), attacker)).toMatch(refused);
    const note = ['annotate', `${what}/${theirs}`, '-n', 'evil', 'a.example/b=c', attacker];
    expect(await answerOf(rig(), ...note)).toMatch(/annotated/);
    expect(await answerOf(rig(), 'delete', `${what}/${theirs}`, '-n', 'evil', attacker)).toMatch(
      /deleted/,
    );
  });
});

describe('H2: endpoints', () => {
  beforeAll(() => untilEnforced(true));

  it('that are mirrored lead to no probe', async () => {
    expect(await created(slice(fresh(), [15_902]), mirroring)).toMatch(refused);
    expect(await created(slice(fresh(), [80]), mirroring)).toMatch(done);
  });

  it('are as many as they may be, also without a number of their port', async () => {
    const ip = (at: number): string => `10.2.${at >> 8}.${at & 255}`;
    const all = Array.from({ length: 1000 }, (_, at) => ip(at));
    const wide = slice(fresh(), [undefined, ...Array.from({ length: 99 }, (_, at) => 20_000 + at)]);
    const slices = { ...wide, endpoints: all.map((address) => ({ addresses: [address] })) };
    expect(await created(slices, attacker)).toMatch(done);
    const subsets = all.map((address, at) => ({
      addresses: [{ ip: address }],
      ports: Array.from({ length: 20 }, (_, nth) => ({ name: `p${nth}`, port: 20_000 + at + nth })),
    }));
    expect(await created({ ...endpoints(fresh(), []), subsets }, attacker)).toMatch(done);
  });
});

describe('H2: a Service with a selector', () => {
  const pod = { name: 'own', namespace: 'evil', labels: { app: 'own' } };
  const spec = { nodeName: 'node-1', containers: [{ name: 'x', image: 'x' }] };
  const service = (name: string, targetPort: number): object => ({
    ...{ apiVersion: 'v1', kind: 'Service', metadata: { name, namespace: 'evil' } },
    spec: { selector: pod.labels, ports: [{ port: 80, targetPort }] },
  });
  const slicesOf = (name: string): Promise<string> =>
    answerOf(
      rig(),
      ...['get', 'endpointslice', '-n', 'evil', '-l', `kubernetes.io/service-name=${name}`],
      ...['-o', 'jsonpath={.items[*].endpoints[*].addresses[*]}'],
    );
  beforeAll(() => untilEnforced(true));

  it('leads to its pods, but not to their probes, so that nothing stays when the selector goes', async () => {
    await created({ apiVersion: 'v1', kind: 'Pod', metadata: pod, spec }, ...asAdministrator);
    const status = { phase: 'Running', podIP: '10.1.0.7', podIPs: [{ ip: '10.1.0.7' }] };
    const patch = ['patch', 'pod', pod.name, '-n', 'evil', '--subresource=status'];
    await rig().kubectl(...patch, '-p', JSON.stringify({ status }));
    const node = { apiVersion: 'v1', kind: 'Node', metadata: { name: 'node-1' } };
    await created(node, ...asAdministrator);
    await created(service('to-probes', sidecarPorts.readiness), attacker);
    await created(service('to-app', 8080), attacker);
    const listEvents = ['get', 'events', '-n', 'evil', '-o', 'jsonpath={.items[*].message}'];
    await until(() => slicesOf('to-app'), { holds: (answer) => answer === '10.1.0.7' });
    await until(async () =>
      /to-probes.*no Service may lead to them/.test(await rig().kubectl(...listEvents)),
    );
    expect(await slicesOf('to-probes')).toBe('');
  });
});
