import fc from 'fast-check';
import { maybe, metadata, name, namespace, text, usually } from './odd-values.ts';

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

/** TrafficTargets, some of which name subjects and rules that cannot be. */
export const target = fc
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
    '\\x{20AC}',
    '[\\x80-\\x{ff}]',
    '\\400',
    '[\\xf0-日]',
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

/** HTTPRouteGroups with paths, methods and headers, right and wrong. */
export const routeGroup = fc
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

/** TCPRoutes, some with ports that cannot be. */
export const tcpRoute = fc
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

/** TrafficSplits, some with services and weights that cannot be. */
export const split = fc
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
