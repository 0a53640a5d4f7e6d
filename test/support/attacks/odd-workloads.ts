import fc from 'fast-check';
import { injectedBy, originalProbes } from '../../../src/api/labels.ts';
import { maybe, metadata, name, namespace, port, text, usually } from './odd-values.ts';

const protocol = fc.constantFrom('TCP', 'TCP', 'TCP', 'UDP', 'SCTP', undefined);
const ipv4 = fc.constantFrom('10.0.0.1', '10.0.0.2', '10.0.0.3', '010.000.00.1');
const ipv6 = fc.constantFrom('fd00::1', 'FD00::1', 'fd00:0:0::1', 'fd00::2', '::ffff:10.0.0.1');

const appProtocol = fc.constantFrom('http', 'GRPC', 'kubernetes.io/h2c', 'tcp', 'mongo', '', 'tls');
const portName = fc.constantFrom('', 'web', 'http-web', 'grpc-x', 'tcp-db', 'tcp-server-first-db');

const servicePort = fc.record({
  name: maybe(portName),
  port,
  protocol,
  appProtocol: maybe(appProtocol),
  targetPort: maybe(fc.oneof(port, portName, fc.constant(0))),
});

const clusterIps = fc.constantFrom(
  ['10.96.0.1'],
  ['10.96.0.2', 'fd00:10:96::2'],
  ['FD00:10:96::2'],
  ['010.96.0.2'],
  ['None'],
  ['None', 'None'],
  [],
  undefined,
);

const a = { app: 'a' };
const labelSets = fc.constantFrom(a, a, a, { app: 'b' }, { constructor: 'x' }, {}, undefined);

/** Services of every type, some with addresses that are written oddly. */
export const service = fc
  .record({
    at: fc.record({ namespace, name }),
    type: fc.constantFrom('ClusterIP', 'ClusterIP', 'LoadBalancer', 'ExternalName', undefined),
    clusterIPs: clusterIps,
    ports: maybe(fc.array(servicePort, { minLength: 1, maxLength: 4 })),
    selector: labelSets,
  })
  .map(({ at, clusterIPs, ...spec }) => ({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: metadata(at),
    spec: { ...spec, clusterIP: clusterIPs?.[0], clusterIPs },
  }));

const probe = fc.record({
  container: text,
  probe: usually(fc.constantFrom('liveness', 'readiness', 'startup'), fc.constant('other')),
  kind: usually(fc.constantFrom('http', 'https', 'tcp', 'grpc'), fc.constant('exec')),
  port: usually(fc.constantFrom(1, 8080, 65_535), fc.constantFrom(65_536, 0, -1)),
  path: text,
  service: text,
  timeoutSeconds: usually(fc.constantFrom(1, 30, 2 ** 31 - 1), fc.constantFrom(0, 2 ** 40)),
});
const probes = usually(
  fc.array(probe, { minLength: 1, maxLength: 3 }).map((list) => JSON.stringify(list)),
  fc.constantFrom('', '[', 'null', '{}', '[null]', '[[]]', '['.repeat(5_000)),
);

/** Pods of the mesh and others, each with the notes for its sidecar, right and wrong. */
export const pod = fc
  .record({
    at: fc.record({ namespace, name }),
    sidecar: fc.constantFrom('osm', 'osm', 'osm', 'other', undefined),
    labels: labelSets,
    probes: maybe(probes),
    account: maybe(fc.constantFrom('', 'cart', 'cart', 'web', 'web', 'a.b', 'default')),
    hostNetwork: maybe(fc.boolean()),
    nodeName: usually(fc.constant('node-1'), fc.constantFrom('', undefined)),
    containers: fc.array(
      fc.record({
        name: fc.constant('app'),
        ports: maybe(
          fc.array(fc.record({ name: maybe(portName), containerPort: port, protocol }), {
            maxLength: 3,
          }),
        ),
      }),
      { minLength: 1, maxLength: 2 },
    ),
    status: maybe(
      fc.record({
        phase: fc.constantFrom('Running', 'Pending', 'Succeeded', undefined),
        podIP: maybe(ipv4),
        podIPs: maybe(fc.array(fc.oneof(ipv4, ipv6).map((ip) => ({ ip })))),
      }),
    ),
  })
  .map(({ at, sidecar, labels, probes: annotation, account, status, ...spec }) => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: metadata(at, {
      labels: { ...labels, ...(sidecar === undefined ? {} : { [injectedBy]: sidecar }) },
      ...(annotation === undefined ? {} : { annotations: { [originalProbes]: annotation } }),
    }),
    spec: { ...spec, serviceAccountName: account },
    status,
  }));

/** Endpoints of services, with addresses of pods and unknown addresses. */
export const slice = fc
  .record({
    at: fc.record({ namespace, name }),
    service: maybe(name),
    addressType: fc.constantFrom('IPv4', 'IPv6', 'FQDN'),
    endpoints: fc.option(
      fc.array(
        fc.record({
          addresses: fc.array(fc.oneof(ipv4, ipv6), { minLength: 1, maxLength: 3 }),
          conditions: fc.constantFrom({ ready: true }, { ready: false }, {}, undefined),
          hostname: maybe(name),
          targetRef: maybe(
            fc.record({
              kind: usually(fc.constant('Pod'), fc.constantFrom('Node', undefined)),
              name: maybe(name),
            }),
          ),
        }),
        { maxLength: 4 },
      ),
      { freq: 8 },
    ),
    ports: fc.option(
      fc.array(fc.record({ name: maybe(portName), port: maybe(port), protocol }), { maxLength: 3 }),
      { freq: 8 },
    ),
  })
  .map(({ at, service: owner, ...rest }) => ({
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: metadata(at, {
      labels: owner === undefined ? {} : { 'kubernetes.io/service-name': owner },
    }),
    ...rest,
  }));
