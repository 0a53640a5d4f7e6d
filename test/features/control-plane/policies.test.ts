import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { Pod } from '../../../src/api/core.ts';
import { kinds } from '../../../src/api/kinds.ts';
import { policyKinds } from '../../../src/api/policy-kinds.ts';
import type { PolicyObject } from '../../../src/status/kept-status.ts';
import type { ProxyDouble } from '../../support/xds/proxy-double.ts';
import {
  startReplicaRig,
  type Replica,
  type ReplicaRig,
} from '../../support/control-plane/replicas-on-api-server.ts';
import { staysTrueFor } from '../../support/time/stays-true-for.ts';
import { until } from '../../support/time/until.ts';

const service = `
apiVersion: v1
kind: Service
metadata: { name: store, namespace: shop }
spec: { selector: { app: store }, ports: [{ name: http-web, port: 80, targetPort: 8080 }] }
---
apiVersion: v1
kind: Service
metadata: { name: store-v2, namespace: shop }
spec: { selector: { app: store, version: v2 }, ports: [{ name: http-web, port: 80, targetPort: 8080 }] }
`;

function slice(name: string, pods: readonly Pod[], ips: readonly string[]): string {
  const endpoints = pods.map((pod, index) => ({
    addresses: [ips[index]],
    conditions: { ready: true },
    targetRef: { kind: 'Pod', namespace: 'shop', name: pod.metadata.name, uid: pod.metadata.uid },
  }));
  return JSON.stringify({
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name, namespace: 'shop', labels: { 'kubernetes.io/service-name': 'store' } },
    addressType: 'IPv4',
    ports: [{ name: 'http-web', port: 8080, protocol: 'TCP' }],
    endpoints,
  });
}

const target = (group = 'routes'): string => `
apiVersion: access.smi-spec.io/v1alpha3
kind: TrafficTarget
metadata: { name: buy, namespace: shop }
spec:
  destination: { kind: ServiceAccount, name: store, namespace: shop }
  sources: [{ kind: ServiceAccount, name: buyer, namespace: shop }]
  rules: [{ kind: HTTPRouteGroup, name: ${group}, matches: [buy] }]
`;
const routes = `
apiVersion: specs.smi-spec.io/v1alpha4
kind: HTTPRouteGroup
metadata: { name: routes, namespace: shop }
spec: { matches: [{ name: buy, pathRegex: /buy, methods: [GET] }] }
`;

function untilStatus(
  rig: ReplicaRig,
  name: string,
  condition: (object: PolicyObject) => boolean,
): Promise<PolicyObject> {
  return until(() => rig.get<PolicyObject>(policyKinds.TrafficTarget, name), { holds: condition });
}

function conditionOf(object: PolicyObject, type: string): string {
  const found = object.status?.conditions?.find((c) => c.type === type);
  return `${found?.status ?? ''} ${found?.reason ?? ''}`;
}

jest.setTimeout(20_000);

describe('policies, from kubectl to the proxies and back', () => {
  let rig: ReplicaRig;
  let replica: Replica;
  let buyer: ProxyDouble;
  let thief: ProxyDouble;
  let store: ProxyDouble;
  const cluster = 'shop/store|80';

  beforeAll(async () => {
    rig = await startReplicaRig();
    await rig.apply(service);
    const pods = {
      buyer: await rig.makePod({ name: 'buyer-1', account: 'buyer', ip: '10.0.0.1' }),
      thief: await rig.makePod({ name: 'thief-1', account: 'thief', ip: '10.0.0.2' }),
      store: await rig.makePod({
        name: 'store-1',
        account: 'store',
        ip: '10.0.0.3',
        labels: { app: 'store' },
      }),
    };
    await rig.apply(slice('store-1', [pods.store], ['10.0.0.3']));
    replica = await rig.startReplica('one');
    buyer = await rig.connectProxy(pods.buyer, replica);
    thief = await rig.connectProxy(pods.thief, replica);
    store = await rig.connectProxy(pods.store, replica);
    await store.until(() => store.held.cluster.size > 0 && store.held.secret.size === 2);
  }, 60_000);

  afterAll(() => rig.stop(), 30_000);

  it('gives every proxy its certificate and no service before a policy allows one', async () => {
    await buyer.until(() => buyer.held.secret.size === 2);
    expect(buyer.held.cluster.has(cluster)).toBe(false);
  });

  it('opens a service to the source of a TrafficTarget alone', async () => {
    await rig.apply(routes);
    await rig.apply(target());
    await buyer.until(() => buyer.endpoints(cluster).includes('10.0.0.3:8080'));
    expect(thief.held.cluster.has(cluster)).toBe(false);
  });

  it('says in the status that both proxies acknowledged it', async () => {
    const object = await untilStatus(rig, 'buy', (o) => o.status?.inForce === '2/2');
    expect(conditionOf(object, 'Accepted')).toBe('True Accepted');
    expect(conditionOf(object, 'Programmed')).toBe('True Acknowledged');
    expect(object.status?.observedGeneration).toBe(object.metadata.generation);
  });

  it('sends only endpoints when an endpoint comes', async () => {
    const pod = await rig.makePod({
      name: 'store-2',
      account: 'store',
      ip: '10.0.0.4',
      labels: { app: 'store' },
    });
    const before = buyer.responses.length;
    await rig.apply(slice('store-2', [pod], ['10.0.0.4']));
    await buyer.until(() => buyer.endpoints(cluster).includes('10.0.0.4:8080'));
    expect(buyer.responses.slice(before)).toEqual([`endpoint +${cluster}`]);
  });

  it('names a broken reference in the status and an event, and leaves the object out', async () => {
    await rig.apply(target('nothing-of-that-name'));
    const object = await untilStatus(rig, 'buy', (o) =>
      conditionOf(o, 'Accepted').startsWith('False'),
    );
    expect(conditionOf(object, 'Accepted')).toBe('False RouteMissing');
    expect(conditionOf(object, 'Programmed')).toBe('False NotAccepted');
    await buyer.until(() => !buyer.held.cluster.has(cluster));
    const events = await rig.kubectl('get', 'events', '-n', 'shop', '-o', 'name');
    expect(events).toContain('event/');
  });

  it('names an account that no pod runs as, and does not read as in force', async () => {
    const yaml = target()
      .replace('name: buy,', 'name: lost,')
      .replace('name: store,', 'name: npp,');
    await rig.apply(yaml);
    const object = await untilStatus(rig, 'lost', (o) => o.status?.inForce !== undefined);
    expect(object.status?.inForce).toBe('no pods');
    expect(conditionOf(object, 'Accepted')).toBe('True TargetWithoutPods');
    expect(conditionOf(object, 'Programmed')).toBe('True NoPods');
    const messages = object.status?.conditions?.map(({ message }) => message) ?? [];
    for (const one of messages) expect(one).toContain('no pod of shop runs as ServiceAccount npp');
    await rig.kubectl('delete', 'traffictarget', '-n', 'shop', 'lost');
  });

  it('shows the ports of a TCPRoute, and "all" where it names none', async () => {
    const route = (name: string, spec: string): string => `
apiVersion: specs.smi-spec.io/v1alpha4
kind: TCPRoute
metadata: { name: ${name}, namespace: shop }
spec: ${spec}`;
    await rig.apply(route('every', '{ matches: { ports: [] } }'));
    await rig.apply(route('some', '{ matches: { ports: [5432, 6379] } }'));
    const wait = ['--for=jsonpath={.status.ports}', '--timeout=10s'];
    await rig.kubectl('wait', 'tcproute', '--all', '-n', 'shop', ...wait);
    const shown = await rig.kubectl('get', 'tcproute', '-n', 'shop');
    expect(shown).toMatch(/^NAME +PORTS +ACCEPTED/m);
    expect(shown).toMatch(/^every +all +True/m);
    expect(shown).toMatch(/^some +5432,6379 +True/m);
  });

  it('comes back when the object is mended', async () => {
    await rig.apply(target());
    await buyer.until(() => buyer.endpoints(cluster).length === 2);
    // The proxy of store-2 never connects: the policy concerns it all the same.
    await untilStatus(rig, 'buy', (o) => o.status?.inForce === '2/3');
  });

  it('sends nothing again to proxies of a replica that starts again', async () => {
    const second = await rig.startReplica('two');
    const pod = await rig.get<Pod>(kinds.pod, 'buyer-1');
    const again = await rig.connectProxy(pod, second);
    await again.until(() => again.endpoints(cluster).length === 2);
    const versions = (proxy: ProxyDouble): string[] =>
      [...proxy.held.cluster].map(([name, { version }]) => `${name} ${version}`).sort();
    expect(versions(again)).toEqual(versions(buyer));
  }, 30_000);

  it('says when the namespace left the mesh that nothing is in force, until it is back', async () => {
    const label = 'openservicemesh.io/monitored-by';
    await rig.kubectl('label', 'namespace', 'shop', `${label}-`);
    const left = await untilStatus(rig, 'buy', (o) => o.status?.inForce === 'not in mesh');
    expect(conditionOf(left, 'Programmed')).toBe('False NamespaceNotInMesh');
    await rig.kubectl('label', 'namespace', 'shop', `${label}=osm`);
    const back = await untilStatus(rig, 'buy', (o) => o.status?.inForce?.includes('/') === true);
    expect(conditionOf(back, 'Accepted')).toBe('True Accepted');
  });

  it('closes everything when permissive mode is off and the target is deleted', async () => {
    await rig.kubectl('delete', 'traffictarget', '-n', 'shop', 'buy');
    await buyer.until(() => !buyer.held.cluster.has(cluster));
  });

  it('opens everything in permissive mode', async () => {
    const patch = '{"spec":{"traffic":{"enablePermissiveTrafficPolicyMode":true}}}';
    const args = [
      'meshconfig',
      'osm-mesh-config',
      '-n',
      'weft-system',
      '--type=merge',
      '-p',
      patch,
    ];
    await rig.kubectl('patch', ...args);
    await thief.until(() => thief.endpoints(cluster).length === 2);
  });

  it('keeps the last good settings while an edit cannot be in force', async () => {
    const edit = async (max: string): Promise<void> => {
      const sidecar = { tlsMinProtocolVersion: 'TLSv1_3', tlsMaxProtocolVersion: max };
      const traffic = { enablePermissiveTrafficPolicyMode: false };
      const patch = JSON.stringify({ spec: { sidecar, traffic } });
      const args = ['osm-mesh-config', '-n', 'weft-system', '--type=merge', '-p', patch];
      await rig.kubectl('patch', 'meshconfig', ...args);
    };
    await thief.until(() => thief.route('outbound/shop/store/80') !== undefined);
    await edit('TLSv1_2');
    await staysTrueFor(1_000, 'the cluster', () => thief.held.cluster.has(cluster));
    await edit('TLSv1_3');
    await thief.until(() => !thief.held.cluster.has(cluster));
  });
});
