import * as fc from 'fast-check';
import type { AccessRule, HttpMatch } from '../../../src/policy/access.ts';
import { type Endpoint, type EndpointMap, portKey } from '../../../src/policy/endpoints.ts';
import type { IdentityKey } from '../../../src/policy/identity.ts';
import { type MeshService, type Protocol, serviceKey } from '../../../src/policy/service.ts';
import type { Split } from '../../../src/policy/split.ts';
import type { InboundView, ProxyView, ReachableService } from '../../../src/policy/view.ts';
import type { ServedPort } from '../../../src/policy/workload.ts';
import { account, makeInbound, makeOutbound, makeProbe, makeRule } from './make-view.ts';
import { makeSettings } from './make-settings.ts';

// Small pools, so that things collide: addresses, ports and names are shared more than in any mesh.
const protocols: readonly Protocol[] = ['http', 'grpc', 'tcp', 'tcp-server-first'];
const serviceNames = ['a', 'b', 'c', 'd', 'e'];
export const accounts = ['one', 'two', 'three'].map((name) => account(name, 'shop'));
export const targetPorts = [8080, 9090];
export const paths = ['/', '/a', '/a/b', '/b', '/api/1', '/other'];
export const methods = ['GET', 'POST', 'DELETE'];
const regexes = ['/', '/a', '/a/.*', '/b|/api', '.*', 'b', '/(a|b)'];

const settings = fc
  .record({
    permissive: fc.boolean(),
    egress: fc.boolean(),
    ipv6: fc.boolean(),
    pathMatch: fc.constantFrom('Prefix' as const, 'Full' as const),
  })
  .map(makeSettings);

const somePorts = fc.uniqueArray(
  fc.record({
    port: fc.constantFrom(80, 90, 100),
    name: fc.constant(''),
    protocol: fc.constantFrom(...protocols),
  }),
  { selector: ({ port }) => port, minLength: 1 },
);

const someService = (name: string): fc.Arbitrary<MeshService> =>
  fc
    .record({
      headless: fc.boolean(),
      addresses: fc.uniqueArray(fc.constantFrom('10.96.0.1', '10.96.0.2', 'fd00::1'), {
        minLength: 1,
      }),
      ports: somePorts,
      accounts: fc.subarray([...accounts]),
    })
    .map((fields) => ({
      ...fields,
      addresses: fields.headless ? [] : fields.addresses,
      key: serviceKey('shop', name),
      namespace: 'shop',
      name,
    }));

const someSplit = (apex: string): fc.Arbitrary<Split> =>
  fc
    .uniqueArray(
      fc.record({
        service: fc.constantFrom(...serviceNames).map((name) => serviceKey('shop', name)),
        weight: fc.constantFrom(0, 1, 50, 0xffffffff),
        ports: fc.subarray([80, 90, 100]),
      }),
      { selector: ({ service }) => service, minLength: 1, maxLength: 3 },
    )
    .map((backends) => ({
      origins: [{ kind: 'TrafficSplit', namespace: 'shop', name: apex, generation: 1 }],
      apex: serviceKey('shop', apex),
      backends,
    }));

const someReachable = (name: string): fc.Arbitrary<ReachableService> =>
  fc
    .tuple(someService(name), fc.option(someSplit(name), { nil: undefined }), fc.boolean())
    .map(([service, split, open]) => ({
      service,
      accounts: open ? service.accounts : [],
      split,
      origins: split?.origins ?? [],
    }));

const someServices = fc
  .subarray(serviceNames)
  .chain((names) => fc.tuple(...names.map(someReachable)));

const someServed: fc.Arbitrary<readonly ServedPort[]> = fc.uniqueArray(
  fc.record({
    targetPort: fc.constantFrom(...targetPorts),
    protocol: fc.constantFrom(...protocols),
    services: fc
      .subarray(serviceNames, { minLength: 1 })
      .map((names) => names.map((name) => serviceKey('shop', name))),
  }),
  { selector: ({ targetPort, protocol }) => `${String(targetPort)} ${protocol}`, maxLength: 5 },
);

const someMatch: fc.Arbitrary<HttpMatch> = fc.record({
  name: fc.constant('routes/match'),
  pathRegex: fc.option(fc.constantFrom(...regexes), { nil: undefined }),
  methods: fc.subarray(methods),
  headers: fc.uniqueArray(
    fc.record({
      name: fc.constantFrom('X-Kind', 'Host'),
      valueRegex: fc.constantFrom('a', 'a|b', '.*'),
    }),
    { selector: ({ name }) => name },
  ),
});

/** A rule of one TrafficTarget; several may have one name. */
export const someRule: fc.Arbitrary<AccessRule> = fc
  .record({
    name: fc.constantFrom('x', 'y', 'z'),
    sources: fc.subarray([...accounts], { minLength: 1 }),
    ports: fc.oneof(fc.constant('all' as const), fc.subarray(targetPorts)),
    http: fc.oneof(fc.constant('all' as const), fc.array(someMatch, { maxLength: 3 })),
  })
  .map(({ name, ...fields }) => makeRule(name, fields));

/** What a workload serves, in permissive mode or not, and rules. */
export const someInbound: fc.Arbitrary<InboundView> = settings.chain((of) =>
  fc
    .record({
      served: someServed,
      rules: fc.array(someRule, { maxLength: 4 }),
      metrics: fc.boolean(),
      probes: fc.subarray([
        makeProbe(),
        makeProbe({ probe: 'liveness', kind: 'tcp' }),
        makeProbe({ probe: 'startup', kind: 'grpc', container: 'other' }),
      ]),
    })
    .map((fields) => makeInbound({ ...fields, settings: of })),
);

/** Any view at all, and endpoints for some of its ports. */
export const someView: fc.Arbitrary<ProxyView> = fc
  .tuple(someInbound, someServices)
  .map(([inbound, services]) => ({
    inbound,
    outbound: makeOutbound({
      services,
      neverPlaintext: ['10.96.0.1', 'fd00::1'],
      settings: inbound.settings,
    }),
  }));

const someEndpoint: fc.Arbitrary<Endpoint> = fc.record({
  address: fc.constantFrom('10.0.0.1', '10.0.0.2', '10.0.0.3', 'fd77::1'),
  port: fc.constantFrom(...targetPorts),
  account: fc.constantFrom<IdentityKey>(...accounts),
  hostname: fc.constant(''),
});

export const someEndpoints: fc.Arbitrary<EndpointMap> = fc
  .array(
    fc.tuple(
      fc.constantFrom(...serviceNames),
      fc.constantFrom(80, 90, 100),
      fc.array(someEndpoint, { maxLength: 4 }),
    ),
    { maxLength: 10 },
  )
  .map(
    (lists) =>
      new Map(lists.map(([name, port, list]) => [portKey(serviceKey('shop', name), port), list])),
  );
