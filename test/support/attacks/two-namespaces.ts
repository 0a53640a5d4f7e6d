import fc from 'fast-check';
import type { KubernetesObject, Pod } from '../../../src/api/core.ts';
import {
  makeEndpointSlice,
  makeNamespace,
  makePod,
  makeService,
  withoutSelector,
} from '../builders/make-object.ts';
import { makeTcpRoute, makeTrafficSplit, makeTrafficTarget } from '../builders/make-policy.ts';

// One namespace whose objects stand, and one of a user who may write any object into it.

const outsideAddress = '203.0.113.10';
const nodeAddress = '10.0.0.10';
/** The clusterIP of a Service that is not in the mesh, such as that of the Kubernetes API. */
export const plainService = '10.96.0.99';
const old = { creationTimestamp: '2025-01-01T00:00:00Z' };
const route = [{ kind: 'TCPRoute', name: 'any' } as const];

function onNode(pod: Pod): Pod {
  return { ...pod, spec: { ...pod.spec, hostNetwork: true } };
}

/** The pod while it is deleted, for as long as a finalizer holds it. */
export function ending(pod: Pod): Pod {
  return { ...pod, metadata: { ...pod.metadata, deletionTimestamp: '2026-01-02T00:00:00Z' } };
}

/** Callers, a database with pod addresses, a service, one that leads outside, and what is not meshed. */
export const victims: readonly KubernetesObject[] = [
  makeNamespace('shop'),
  makeNamespace('plain', {}),
  makePod({ name: 'web-1', account: 'web', ip: '10.1.0.1' }),
  makePod({ name: 'db-0', account: 'db', ip: '10.1.0.2' }),
  makePod({ name: 'cart-1', account: 'cart', ip: '10.1.0.3' }),
  makePod({ name: 'cart-2', account: 'cart', ip: '10.1.0.4', sidecar: false }),
  makePod({ name: 'old-1', namespace: 'plain', account: 'old', ip: '10.1.0.9', sidecar: false }),
  onNode(makePod({ name: 'agent', namespace: 'plain', ip: nodeAddress, sidecar: false })),
  makeService({
    ...{ name: 'db', clusterIP: 'None', ...old },
    ports: [{ name: 'tcp-db', port: 5432 }],
  }),
  makeService({ name: 'cart', clusterIP: '10.96.0.1', ...old }),
  makeService({ name: 'api', namespace: 'plain', clusterIP: plainService, ...old }),
  withoutSelector(makeService({ name: 'legacy', clusterIP: '10.96.0.2', ...old })),
  makeEndpointSlice({
    ...{ service: 'db', pods: { 'db-0': '10.1.0.2' } },
    ports: [{ name: 'tcp-db', port: 5432 }],
  }),
  makeEndpointSlice({ service: 'cart', pods: { 'cart-1': '10.1.0.3', 'cart-2': '10.1.0.4' } }),
  {
    ...makeEndpointSlice({ service: 'legacy' }),
    endpoints: [{ addresses: [outsideAddress] }],
  } as KubernetesObject,
  makeTcpRoute({ name: 'any' }),
  ...['db', 'cart'].map((to) => makeTrafficTarget({ to, rules: route, from: ['shop/web'] })),
];

/** Where the victims' pods with sidecars are. */
export const victimPods: readonly string[] = ['10.1.0.1', '10.1.0.2', '10.1.0.3'];

/** The attacker's namespace, and what the cluster itself gave to it: pods with addresses of their own. */
export const attacker = 'aaa';
export const attackerPods: readonly string[] = ['10.66.0.1', '10.66.0.2'];
export const attackerServices: readonly string[] = ['10.96.66.1', '10.96.66.2'];

export const attackerHome: readonly KubernetesObject[] = [
  makeNamespace(attacker),
  makeTcpRoute({ name: 'any', namespace: attacker }),
];

const young = { namespace: attacker, creationTimestamp: '2026-01-01T00:00:00Z' };
const name = fc.constantFrom('trap', 'sink', 'cart', 'db', 'legacy');
const account = fc.constantFrom('evil', 'web', 'db');
const anyAddress = fc.constantFrom(
  ...attackerPods,
  ...victimPods,
  ...['10.1.0.4', '10.1.0.9', outsideAddress, nodeAddress, '10.96.0.1', '10.96.0.2', plainService],
  ...['127.0.0.1', '169.254.169.254', '0.0.0.0', '::1', '::ffff:10.1.0.2', '224.0.0.1'],
);
/** What an API server gives out, and some of what one never would; it has a range of its own. */
const clusterIp = fc.constantFrom(
  ...attackerServices,
  ...['None', 'None', '', 'x', '10.96.0.1', '10.96.0.2'],
  ...['0.0.0.0', '127.0.0.1', '::', '::ffff:10.1.0.2'],
);
const portNumber = fc.constantFrom(80, 5432, 8080, 15_000, 15_001, 15_003);
const targetPort = fc.option(fc.oneof(portNumber, fc.constantFrom('adm', 'none', 0)), {
  nil: undefined,
});
const servicePort = fc
  .record({ name: fc.constantFrom('', 'tcp-db', 'http-x'), port: portNumber, targetPort })
  .map(({ targetPort: target, ...port }) =>
    target === undefined ? port : { ...port, targetPort: target },
  );

const service = fc
  .record({
    name,
    clusterIP: clusterIp,
    ports: fc.array(servicePort, { minLength: 1, maxLength: 3 }),
    selects: fc.boolean(),
    app: account,
  })
  .map(({ selects, ...options }): KubernetesObject => {
    const made = makeService({ ...young, ...options });
    return selects ? made : withoutSelector(made);
  });

/** Addresses that a user who may write the status of pods put there: those of others' Services. */
const spoofedAddress = fc.constantFrom('10.96.0.1', '10.96.0.2', plainService, nodeAddress);

const pod = fc
  .record({
    name: fc.constantFrom('evil-1', 'evil-2', 'db-0'),
    account,
    sidecar: fc.boolean(),
    ip: fc.oneof(fc.constantFrom(...attackerPods), spoofedAddress),
    ports: fc.constantFrom({}, { adm: 15_000 }),
    hostNetwork: fc.constantFrom(false, false, true),
    terminating: fc.boolean(),
  })
  .map(({ hostNetwork, terminating, ...options }): KubernetesObject => {
    const made = makePod({ ...young, ...options });
    if (hostNetwork) return onNode(makePod({ ...young, ...options, ip: nodeAddress }));
    return terminating ? ending(made) : made;
  });

const endpoint = fc
  .record({
    address: anyAddress,
    hostname: fc.option(name, { nil: undefined }),
    targetRef: fc.option(
      fc.record({
        kind: fc.constantFrom('Pod', 'Pod', 'Node'),
        namespace: fc.constantFrom(attacker, 'shop'),
        name: fc.constantFrom('evil-1', 'evil-2', 'db-0', 'web-1'),
      }),
      { nil: undefined },
    ),
  })
  .map(({ address, ...rest }) => ({ addresses: [address], ...rest }));

const slice = fc
  .record({
    name: fc.constantFrom('a', 'b', 'c'),
    service: name,
    endpoints: fc.array(endpoint, { minLength: 1, maxLength: 4 }),
    ports: fc.array(
      fc.record({ name: fc.constantFrom('', 'tcp-db', 'http-x'), port: portNumber }),
      { minLength: 1, maxLength: 2 },
    ),
  })
  .map(({ endpoints, ...options }): KubernetesObject => {
    const made = makeEndpointSlice({ ...young, ...options });
    return { ...made, endpoints } as KubernetesObject;
  });

const split = fc
  .record({
    service: name,
    backends: fc.dictionary(name, fc.constantFrom(0, 1, 10), { minKeys: 1 }),
  })
  .map((options): KubernetesObject =>
    makeTrafficSplit({
      ...young,
      name: 'split',
      apex: options.service,
      backends: options.backends,
    }),
  );

const target = fc
  .record({ to: account, toNamespace: fc.constantFrom(attacker, attacker, 'shop') })
  .map((options): KubernetesObject =>
    makeTrafficTarget({ ...young, ...options, rules: route, from: ['shop/web', 'aaa/evil'] }),
  );

/** Anything that a user with all rights in a namespace can have there. */
export const attack: fc.Arbitrary<readonly KubernetesObject[]> = fc.array(
  fc.oneof(service, service, pod, pod, slice, slice, slice, split, target),
  { minLength: 2, maxLength: 10 },
);
