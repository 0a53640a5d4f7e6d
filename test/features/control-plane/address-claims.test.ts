import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { KubernetesObject, Service } from '../../../src/api/core.ts';
import { kinds } from '../../../src/api/kinds.ts';
import { monitoredBy } from '../../../src/api/labels.ts';
import type { ProxyDouble } from '../../support/xds/proxy-double.ts';
import {
  startReplicaRig,
  type ReplicaRig,
} from '../../support/control-plane/replicas-on-api-server.ts';
import { until } from '../../support/time/until.ts';

// A user may write the status of pods in one namespace, and no admission policy prevents it. The user gives a pod that
// no node runs the clusterIP of another namespace's Service, and so leads calls to that address to the user's pod.

jest.setTimeout(30_000);

const trap = (name: string, address: string): string => `
apiVersion: v1
kind: Service
metadata: { name: ${name}, namespace: evil }
spec: { clusterIP: None, ports: [{ name: http-web, port: 80, targetPort: 80 }] }
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: { name: ${name}, namespace: evil, labels: { kubernetes.io/service-name: ${name} } }
addressType: IPv4
ports: [{ name: http-web, port: 80 }]
endpoints: [{ addresses: [${address}], conditions: { ready: true } }]
---
apiVersion: v1
kind: Service
metadata: { name: ${name}-sink, namespace: evil }
spec: { selector: { app: sink }, ports: [{ name: http-web, port: 80, targetPort: 8080 }] }
---
apiVersion: split.smi-spec.io/v1alpha4
kind: TrafficSplit
metadata: { name: ${name}, namespace: evil }
spec: { service: ${name}, backends: [{ service: ${name}-sink, weight: 1 }] }
`;
const open = (namespace: string, to: string): string => `
apiVersion: specs.smi-spec.io/v1alpha4
kind: HTTPRouteGroup
metadata: { name: all, namespace: ${namespace} }
spec: { matches: [{ name: all, pathRegex: '/.*', methods: ['*'] }] }
---
apiVersion: access.smi-spec.io/v1alpha3
kind: TrafficTarget
metadata: { name: ${to}, namespace: ${namespace} }
spec:
  destination: { kind: ServiceAccount, name: ${to}, namespace: ${namespace} }
  sources: [{ kind: ServiceAccount, name: buyer, namespace: shop }]
  rules: [{ kind: HTTPRouteGroup, name: all }]
`;
const home = `
apiVersion: v1
kind: Namespace
metadata: { name: evil, labels: { ${monitoredBy}: osm } }
---
apiVersion: v1
kind: Service
metadata: { name: store, namespace: shop }
spec: { selector: { app: store }, ports: [{ name: http-web, port: 80, targetPort: 8080 }] }
---
apiVersion: v1
kind: Namespace
metadata: { name: plain }
---
apiVersion: v1
kind: Service
metadata: { name: api, namespace: plain }
spec: { ports: [{ port: 80 }] }
---
${open('shop', 'store')}
---
${open('evil', 'sink')}
`;

interface EventObject extends KubernetesObject {
  readonly reason?: string;
  readonly note?: string;
  readonly regarding?: { readonly kind: string; readonly name: string };
}

describe('a pod whose status names the clusterIP of a Service', () => {
  let rig: ReplicaRig;
  let buyer: ProxyDouble;

  /** Listeners of the buyer at the address, each by name and version. */
  const listenersAt = (victim: string): readonly string[] =>
    [...buyer.held.listener]
      .filter(([, { resource }]) => Buffer.from(resource?.value ?? []).includes(victim))
      .map(([name, { version }]) => `${name} ${version}`);

  beforeAll(async () => {
    rig = await startReplicaRig();
    await rig.apply(home);
    const pod = await rig.makePod({ name: 'buyer-1', account: 'buyer', ip: '10.0.0.1' });
    const labels = { app: 'store' };
    await rig.makePod({ name: 'store-1', account: 'store', ip: '10.0.0.3', labels });
    const sink = { name: 'sink-1', account: 'sink', ip: '10.0.0.9', namespace: 'evil' };
    await rig.makePod({ ...sink, labels: { app: 'sink' } });
    buyer = await rig.connectProxy(pod, await rig.startReplica('one'));
    const store = await clusterIpOf('shop', 'store');
    await buyer.until(() => listenersAt(store).length > 0);
  }, 60_000);

  afterAll(() => rig.stop(), 30_000);

  it.each([
    ['shop', 'store'],
    ['plain', 'api'],
  ])('changes nothing at the callers of %s/%s, and hears of it', async (namespace, service) => {
    const victim = await clusterIpOf(namespace, service);
    const before = listenersAt(victim);
    await rig.makePod({ name: `fake-${service}`, account: 'sink', ip: victim, namespace: 'evil' });
    await rig.apply(trap(service, victim));
    await buyer.until(() => buyer.held.cluster.has(`evil/${service}-sink|80`));
    const event = await eventFor('pod-address-disputed', `fake-${service}`);
    expect(event.note).toContain(
      `${victim} in its status is the clusterIP of service ${namespace}/${service}`,
    );
    expect(listenersAt(victim)).toEqual(before);
    const all = await rig.admin.list<EventObject>(kinds.event, { namespace: 'shop' }, rig.signal);
    expect(all.filter(({ regarding }) => regarding?.kind === 'Service')).toEqual([]);
  });

  async function clusterIpOf(namespace: string, name: string): Promise<string> {
    return (await rig.get<Service>(kinds.service, name, namespace)).spec.clusterIP ?? '';
  }

  function eventFor(code: string, pod: string): Promise<EventObject> {
    return until(
      async () => {
        const only = { namespace: 'evil' };
        const all = await rig.admin.list<EventObject>(kinds.event, only, rig.signal);
        return all.find(({ reason, regarding }) => reason === code && regarding?.name === pod);
      },
      { what: `an Event ${code} of the pod ${pod}`, withinMs: 20_000 },
    );
  }
});
