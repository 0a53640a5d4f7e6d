import fc from 'fast-check';
import type { KubernetesObject } from '../../../src/api/core.ts';
import { injectedBy, originalProbes } from '../../../src/api/labels.ts';
import { identityOf } from '../../build/arbitrary.ts';
import { makeNamespace } from '../../build/make-object.ts';

// Objects that an API server may hold, each odd in a way that somebody can bring about, from few
// names so that they meet.

/** How often each property is tried: FUZZ=10 for ten times as much. */
export function runs(times: number): { readonly numRuns: number } {
  return { numRuns: times * Number(process.env['FUZZ'] ?? 1) };
}

const namespaces = ['shop', 'svc'] as const;
const namespace = fc.constantFrom('shop', 'shop', 'shop', 'svc');
const names = ['cart', 'web', 'constructor', '0', 'local', 'x'.repeat(63)] as const;
const name = fc.constantFrom('cart', 'cart', 'web', 'web', ...names);
const maybe = <T>(of: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.option(of, { nil: undefined, freq: 4 });

/** Without the fields that are undefined, as JSON has it. */
function plain<T>(value: T): T {
  return JSON.parse(JSON.stringify(value)) as T;
}

const text = fc.oneof(
  fc.constantFrom('', '/', '*', 'a', 'ü', '\u0000', 'a\nb', 'a\r\nx: y', '../..', '%2f', '\ud800'),
  fc.string({ unit: 'grapheme', maxLength: 12 }),
  fc.constant('long'.repeat(600)),
);
/** Mostly one thing, so that most of a cluster is in force; now and then another. */
function usually<T>(good: fc.Arbitrary<T>, odd: fc.Arbitrary<T>): fc.Arbitrary<T> {
  return fc.oneof({ weight: 9, arbitrary: good }, { weight: 1, arbitrary: odd });
}

const port = fc.constantFrom(80, 80, 8080, 1, 53, 15_001, 15_003, 65_535);
const protocol = fc.constantFrom('TCP', 'TCP', 'TCP', 'UDP', 'SCTP', undefined);
const ipv4 = fc.constantFrom('10.0.0.1', '10.0.0.2', '10.0.0.3', '010.000.00.1');
const ipv6 = fc.constantFrom('fd00::1', 'FD00::1', 'fd00:0:0::1', 'fd00::2', '::ffff:10.0.0.1');

function metadata(named: { namespace: string; name: string }, more: object = {}): object {
  return {
    ...named,
    uid: `uid-${named.namespace}-${named.name}`,
    generation: 1,
    creationTimestamp: '2026-01-01T00:00:00Z',
    ...more,
  };
}

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

const service = fc
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

const pod = fc
  .record({
    at: fc.record({ namespace, name }),
    sidecar: fc.constantFrom('osm', 'osm', 'osm', 'other', undefined),
    labels: labelSets,
    probes: maybe(probes),
    account: maybe(fc.constantFrom('', 'cart', 'cart', 'web', 'web', 'a.b', 'default')),
    hostNetwork: maybe(fc.boolean()),
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

const slice = fc
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

const subject = fc.record({
  kind: usually(fc.constant('ServiceAccount'), fc.constantFrom('Group', '')),
  name: usually(fc.constantFrom('cart', 'web'), fc.constantFrom('a.b', 'default', '', 'A b', '*')),
  namespace: usually(fc.constant('shop'), fc.constantFrom('svc', '', '*', undefined)),
});

const routeRef = fc.record({
  kind: usually(
    fc.constantFrom('HTTPRouteGroup', 'HTTPRouteGroup', 'TCPRoute'),
    fc.constantFrom('UDPRoute', 'Else'),
  ),
  name: usually(fc.constantFrom('cart', 'web'), name),
  matches: usually(fc.constant(undefined), fc.subarray(['one', 'two', '', 'gone'])),
});

const target = fc
  .record({
    at: fc.record({ namespace, name }),
    destination: subject,
    sources: usually(
      fc.array(subject, { minLength: 1, maxLength: 3, size: 'max' }),
      fc.constant<never[]>([]),
    ),
    rules: usually(fc.array(routeRef, { minLength: 1, maxLength: 2 }), fc.constant<never[]>([])),
  })
  .map(({ at, ...spec }) => ({
    apiVersion: 'access.smi-spec.io/v1alpha3',
    kind: 'TrafficTarget',
    metadata: metadata(at),
    spec,
  }));

/** Text that looks like a regular expression, right and wrong. */
export const anyRegex: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom('', '.*', '^/api$', '/(a|b)+', '(?i)/A', '\\Q..\\E', '[[:alpha:]]{1,9}', '\\pL'),
  fc.constantFrom('(', '[', '(?=a)', '\\1', 'a**', '\\C', '(?P<n>a)(?P<n>b)', 'x{1001}', '\\u0041'),
  fc.constantFrom(
    '(a{100}){100}',
    '\u0000',
    '(?#x)',
    '[^]]',
    '[]a]',
    '(?:a|)*',
    'a{,3}',
    '\\x{110000}',
  ),
  fc
    .array(
      fc.constantFrom(
        ...'a b / . * + ? | ( ) [ ] { } ^ $ \\ - , 1 2 d Q E p L x n : = ! < > P i ü 😀'.split(' '),
      ),
      { maxLength: 12 },
    )
    .map((parts) => parts.join('')),
  text,
);

const headerName = usually(
  fc.constantFrom('host', 'Host', 'x-a', 'constructor', '__proto__', ':path', ':method'),
  fc.constantFrom(':status', 'x y', 'x\r\n', '', 'ü'),
);
const goodRegex = fc.constantFrom('.*', '/api', '^/a$', '(?i)/A', '\\Q..\\E', '(', '');
const headerMap = fc
  .array(fc.tuple(headerName, usually(goodRegex, anyRegex)), { maxLength: 2 })
  .map((pairs) => {
    const own = pairs.map(([key, value]) => `${JSON.stringify(key)}: ${JSON.stringify(value)}`);
    return JSON.parse(`{${own.join()}}`) as object;
  });

const routeGroup = fc
  .record({
    at: fc.record({ namespace, name }),
    matches: fc.array(
      fc.record({
        name: usually(fc.constantFrom('one', 'two'), fc.constant('')),
        pathRegex: maybe(usually(goodRegex, anyRegex)),
        methods: maybe(
          usually(
            fc.subarray(['GET', 'get', '*', 'CONNECT']),
            fc.constantFrom<string[]>([''], ['G ET'], ['x'.repeat(40)]),
          ),
        ),
        headers: maybe(fc.oneof(headerMap, fc.array(headerMap, { maxLength: 2 }))),
      }),
      { minLength: 1, maxLength: 3 },
    ),
  })
  .map(({ at, ...spec }) => ({
    apiVersion: 'specs.smi-spec.io/v1alpha4',
    kind: 'HTTPRouteGroup',
    metadata: metadata(at),
    spec,
  }));

const tcpRoute = fc
  .record({
    at: fc.record({ namespace, name }),
    ports: maybe(
      fc.array(usually(fc.constantFrom(80, 8080), fc.constantFrom(0, 65_536)), { maxLength: 3 }),
    ),
  })
  .map(({ at, ports }) => ({
    apiVersion: 'specs.smi-spec.io/v1alpha4',
    kind: 'TCPRoute',
    metadata: metadata(at),
    spec: ports === undefined ? {} : { matches: { ports } },
  }));

const splitService = usually(
  fc.constantFrom('cart', 'web', 'constructor', 'cart.shop', 'cart.shop.svc.cluster.local'),
  fc.constantFrom('gone', '', 'a b'),
);

const split = fc
  .record({
    at: fc.record({ namespace: fc.constant('shop'), name }),
    service: splitService,
    backends: fc.array(
      fc.record({
        service: splitService,
        weight: usually(
          fc.constantFrom(0, 1, 50, 2 ** 31),
          fc.constantFrom(2 ** 32 - 1, 2 ** 32, -1, 0.5),
        ),
      }),
      { minLength: 1, maxLength: 4 },
    ),
    matches: usually(
      fc.constant(undefined),
      fc.array(fc.record({ kind: fc.constant('HTTPRouteGroup'), name })),
    ),
  })
  .map(({ at, ...spec }) => ({
    apiVersion: 'split.smi-spec.io/v1alpha2',
    kind: 'TrafficSplit',
    metadata: metadata(at),
    spec,
  }));

/** Odd, but of the shape that the API server sees to. */
export const oddObject = fc
  .oneof(pod, pod, service, service, slice, target, target, routeGroup, tcpRoute, split)
  .map((object) => plain(object) as unknown as KubernetesObject);

type Key = string | number;

/** Ways to every value inside, but for what the REST path fixes. */
function placesIn(value: unknown, path: readonly Key[] = []): (readonly Key[])[] {
  const at = path.join('.');
  if (['kind', 'metadata.name', 'metadata.namespace', 'metadata.uid'].includes(at)) return [];
  const inner =
    typeof value === 'object' && value !== null
      ? Object.entries(value).flatMap(([key, child]) => placesIn(child, [...path, key]))
      : [];
  return path.length === 0 || at === 'metadata' ? inner : [path, ...inner];
}

function replaced(value: unknown, [key, ...rest]: readonly Key[], by: unknown): unknown {
  if (key === undefined) return by;
  const copy = (
    Array.isArray(value) ? [...(value as unknown[])] : { ...(value as object) }
  ) as Record<Key, unknown>;
  copy[key] = replaced(copy[key], rest, by);
  return copy;
}

const anyValue = fc.oneof(
  fc.constantFrom(null, 0, -1, 1e300, '', 'x', true, [], {}, [null], [[]], { a: null }),
  fc.jsonValue({ maxDepth: 2 }),
);

/** An object in which something is of another type than it should be. */
export const brokenObject: fc.Arbitrary<KubernetesObject> = oddObject.chain((object) => {
  const places = placesIn(object);
  return fc
    .array(fc.tuple(fc.constantFrom(...places), anyValue), { minLength: 1, maxLength: 2 })
    .map((changes) =>
      changes.reduce<unknown>((now, [path, value]) => {
        try {
          return replaced(now, path, value);
        } catch {
          return now;
        }
      }, object),
    )
    .map((broken) => broken as KubernetesObject);
});

/** Objects of two namespaces of the mesh, each at most once. */
export const oddCluster = clusterOf(oddObject);
export const brokenCluster = clusterOf(fc.oneof(oddObject, brokenObject));

function clusterOf(
  object: fc.Arbitrary<KubernetesObject>,
): fc.Arbitrary<readonly KubernetesObject[]> {
  return fc
    .uniqueArray(object, { selector: identityOf, minLength: 10, maxLength: 30, size: 'max' })
    .map((objects) => [...namespaces.map((one) => makeNamespace(one)), ...objects]);
}
