import fc from 'fast-check';
import type { KubernetesObject } from '../../../src/api/core.ts';
import { makeEndpointSlice, makeNamespace, makePod, makeService } from './make-object.ts';
import {
  makeRouteGroup,
  makeTcpRoute,
  makeTrafficSplit,
  makeTrafficTarget,
} from './make-policy.ts';

const namespaces = ['shop', 'bank'] as const;
const accounts = ['cart', 'web', 'till'] as const;
const names = ['a', 'b', 'c'] as const;
const namespace = fc.constantFrom(...namespaces);
const account = fc.constantFrom(...accounts);
const name = fc.constantFrom(...names);

const pod = fc
  .record({ namespace, account, name, sidecar: fc.boolean(), ip: fc.ipV4() })
  .map((options) => makePod({ ...options, name: `${options.account}-${options.name}` }));

const service = fc
  .record({
    namespace,
    name: account,
    app: account,
    clusterIP: fc.constantFrom('10.96.0.1', 'None'),
    ports: fc.subarray(
      [
        { name: 'http-web', port: 80, targetPort: 8080 },
        { name: 'tcp-db', port: 3306, targetPort: 'db' },
        { name: 'dns', port: 53, protocol: 'UDP' },
      ],
      { minLength: 1 },
    ),
  })
  .map((options) => makeService(options));

const slice = fc
  .record({ namespace, service: account, name, ready: fc.boolean(), ip: fc.ipV4() })
  .map(({ ready, ip, ...options }) =>
    makeEndpointSlice({
      ...options,
      name: `${options.service}-${options.name}`,
      pods: { [`${options.service}-${options.name}`]: ip },
      ports: [{ name: 'http-web', port: 8080, protocol: 'TCP' }],
      conditions: { ready },
    }),
  );

const rule = fc.oneof(
  fc.record({
    kind: fc.constant('HTTPRouteGroup' as const),
    name,
    matches: fc.option(fc.subarray(['one', 'two', 'gone']), { nil: undefined }),
  }),
  fc.record({ kind: fc.constantFrom('TCPRoute' as const, 'UDPRoute' as const), name }),
);

const target = fc
  .record({
    namespace,
    name,
    to: account,
    toNamespace: fc.option(namespace, { nil: undefined }),
    from: fc.array(
      fc.tuple(namespace, account).map((pair) => pair.join('/')),
      { maxLength: 3 },
    ),
    rules: fc.array(rule, { maxLength: 3 }),
    generation: fc.integer({ min: 1, max: 3 }),
  })
  .map(({ toNamespace, rules, ...options }) =>
    makeTrafficTarget({
      ...options,
      ...(toNamespace === undefined ? {} : { toNamespace }),
      rules: rules.map((one) => JSON.parse(JSON.stringify(one)) as (typeof rules)[number]) as never,
    }),
  );

const routeGroup = fc
  .record({
    namespace,
    name,
    matches: fc.subarray([
      { name: 'one', pathRegex: '/one' },
      { name: 'two', methods: ['GET' as const] },
      { name: 'bad', pathRegex: '(?=x)' },
    ]),
  })
  .map((options) => makeRouteGroup(options));

const tcpRoute = fc
  .record({ namespace, name, ports: fc.subarray([80, 3306]) })
  .map((options) => makeTcpRoute(options));

const split = fc
  .record({
    namespace,
    name,
    apex: account,
    backends: fc.dictionary(account, fc.nat({ max: 2 })),
    creationTimestamp: fc.constantFrom('2026-01-01T00:00:00Z', '2026-01-02T00:00:00Z'),
  })
  .map((options) => makeTrafficSplit(options));

/** Any object of the kinds a mesh is made of, from few names, so that they meet. */
export const anyObject: fc.Arbitrary<KubernetesObject> = fc.oneof(
  pod,
  service,
  slice,
  target,
  routeGroup,
  tcpRoute,
  split,
);

/** Objects of two namespaces that are mostly in the mesh, each object at most once. */
export const anyCluster: fc.Arbitrary<readonly KubernetesObject[]> = fc
  .tuple(
    fc.subarray(
      namespaces.map((one) => makeNamespace(one)),
      { minLength: 1 },
    ),
    fc.uniqueArray(anyObject, { selector: identityOf, maxLength: 40 }),
  )
  .map(([spaces, objects]) => [...spaces, ...objects]);

/** `<kind>/<namespace>/<name>`. */
export function identityOf({ kind, metadata }: KubernetesObject): string {
  return `${kind}/${metadata.namespace ?? ''}/${metadata.name}`;
}
