import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { run } from '../../../tools/base/command.ts';
import { kubectl } from '../../../tools/parts/kubectl.ts';
import { sharedApiServer } from '../../support/api-server/shared-api-server.ts';

// The definitions of SMI's kinds as the API server reads them: what OSM's took is taken, what SMI
// calls invalid is refused with a message that names the field.

const namespace = 'smi-crds';
const crds = join(import.meta.dirname, '../../../crds/smi');
let program: string;
let home: string;

async function ask(args: readonly string[], input?: string): Promise<string> {
  const env = { KUBECONFIG: sharedApiServer().kubeconfigPath, HOME: home };
  return run(program, [...args], { env, ...(input === undefined ? {} : { input }) });
}

/** What `kubectl apply` says, in words of the API server when it refuses. */
async function apply(manifest: string): Promise<string> {
  return ask(['apply', '-n', namespace, '-f', '-'], manifest).catch((error: unknown) =>
    error instanceof Error ? error.message : String(error),
  );
}

async function read(kind: string, name: string): Promise<{ readonly spec: unknown }> {
  const text = await ask(['get', kind, name, '-n', namespace, '-o', 'json']);
  return JSON.parse(text) as { readonly spec: unknown };
}

beforeAll(async () => {
  program = await kubectl();
  home = await mkdtemp(join(tmpdir(), 'weft-smi-crds-'));
  await ask(['apply', '--server-side', '-f', crds]);
  await ask(['wait', '--for=condition=Established', '--timeout=20s', '-f', crds]);
  await ask(['create', 'namespace', namespace]);
}, 60_000);

afterAll(async () => {
  await ask(['delete', 'namespace', namespace, '--wait=false']);
  await rm(home, { recursive: true, force: true });
});

const target = (spec: string): string => `
apiVersion: access.smi-spec.io/v1alpha3
kind: TrafficTarget
metadata: { name: tried }
spec: ${spec}`;

const split = (spec: string, version = 'v1alpha2', name = 'tried'): string => `
apiVersion: split.smi-spec.io/${version}
kind: TrafficSplit
metadata: { name: ${name} }
spec: ${spec}`;

const group = (matches: string): string => `
apiVersion: specs.smi-spec.io/v1alpha4
kind: HTTPRouteGroup
metadata: { name: tried }
spec: { matches: ${matches} }`;

const tcp = (spec: string): string => `
apiVersion: specs.smi-spec.io/v1alpha4
kind: TCPRoute
metadata: { name: tried }
spec: ${spec}`;

const account = '{ kind: ServiceAccount, name: a, namespace: b }';

const taken: readonly (readonly [string, string])[] = [
  [
    'a TrafficTarget as OSM documents it',
    target(
      `{ destination: ${account}, rules: [{ kind: HTTPRouteGroup, name: r, matches: [one, two] }], sources: [${account}] }`,
    ),
  ],
  [
    'a TrafficTarget without namespaces',
    target(
      '{ destination: { kind: ServiceAccount, name: a }, rules: [{ kind: UDPRoute, name: r }], sources: [{ kind: ServiceAccount, name: b }] }',
    ),
  ],
  [
    'headers as a list of maps',
    group('[{ name: x, headers: [{ host: a }, { "user-agent": ".*" }] }]'),
  ],
  ['headers as a map', group('[{ name: x, headers: { host: a, "user-agent": ".*" } }]')],
  ['a match of a name alone', group('[{ name: x }]')],
  [
    'every method',
    group(
      '[{ name: x, pathRegex: /a, methods: ["*", GET, HEAD, PUT, POST, DELETE, CONNECT, OPTIONS, TRACE, PATCH] }]',
    ),
  ],
  ['no matches', group('[]')],
  ['ports', tcp('{ matches: { ports: [8080, 3306] } }')],
  ['no ports', tcp('{ matches: { ports: [] } }')],
  ['an empty TCPRoute', tcp('{}')],
  [
    'a split',
    split('{ service: a.b, backends: [{ service: c, weight: 0 }, { service: d, weight: 100 }] }'),
  ],
  [
    'a split of v1alpha3',
    split('{ service: a, backends: [{ service: c, weight: 1 }] }', 'v1alpha3'),
  ],
];

const refused: readonly (readonly [string, string, string])[] = [
  [
    'no source',
    target(`{ destination: ${account}, rules: [{ kind: TCPRoute, name: r }], sources: [] }`),
    'spec.sources: Invalid value: a TrafficTarget without a source allows no traffic',
  ],
  [
    'no rule',
    target(`{ destination: ${account}, rules: [], sources: [${account}] }`),
    'spec.rules: Invalid value: a TrafficTarget without a rule allows no traffic',
  ],
  [
    'an unknown kind of route',
    target(
      `{ destination: ${account}, rules: [{ kind: GRPCRoute, name: r }], sources: [${account}] }`,
    ),
    'spec.rules[0].kind: Unsupported value: "GRPCRoute"',
  ],
  [
    'weights that are all 0',
    split('{ service: a, backends: [{ service: b, weight: 0 }] }'),
    'spec.backends: Invalid value: all weights are 0',
  ],
  ['no backends', split('{ service: a, backends: [] }'), 'all weights are 0'],
  [
    'a negative weight',
    split('{ service: a, backends: [{ service: b, weight: -1 }] }'),
    'spec.backends[0].weight',
  ],
  ['an unknown method', group('[{ name: x, methods: [FETCH] }]'), 'spec.matches[0].methods[0]'],
  ['a port that is none', tcp('{ matches: { ports: [70000] } }'), 'spec.matches.ports[0]'],
];

const many = <T>(count: number, value: T): T[] => Array.from({ length: count }, () => value);
const kindOf = (matches: unknown): string =>
  Array.isArray(matches) ? 'HTTPRouteGroup' : 'TCPRoute';

const tooMany: readonly (readonly [string, Readonly<Record<string, unknown>>, string])[] = [
  ['too many matches', { matches: many(2_049, { name: 'a' }) }, 'spec.matches: Too many'],
  [
    'too many methods',
    { matches: [{ name: 'a', methods: many(33, 'GET') }] },
    'spec.matches[0].methods: Too many',
  ],
  [
    'too many maps of headers',
    { matches: [{ name: 'a', headers: many(257, { a: 'b' }) }] },
    'spec.matches[0].headers',
  ],
  [
    'too many headers in one map',
    {
      matches: [
        { name: 'a', headers: Object.fromEntries(many(257, 'x').map((v, i) => [`h${i}`, v])) },
      ],
    },
    'spec.matches[0].headers',
  ],
  [
    'a path that is too long',
    { matches: [{ name: 'a', pathRegex: 'a'.repeat(16_385) }] },
    'spec.matches[0].pathRegex: Too long',
  ],
  ['too many ports', { matches: { ports: many(4_097, 80) } }, 'spec.matches.ports: Too many'],
];

describe('the API server', () => {
  it.each(taken)('takes %s', async (_, manifest) => {
    expect(await apply(manifest)).toMatch(/ (created|configured|unchanged)\n$/);
  });

  it.each(refused)('refuses %s', async (_, manifest, message) => {
    expect((await apply(manifest)).replaceAll('"array": ', '')).toContain(message);
  });

  it.each(tooMany)('refuses %s', async (_, spec, message) => {
    const kind = spec['matches'] === undefined ? 'TCPRoute' : kindOf(spec['matches']);
    const head = { apiVersion: 'specs.smi-spec.io/v1alpha4', kind, metadata: { name: 'many' } };
    expect(await apply(JSON.stringify({ ...head, spec }))).toContain(message);
  });

  it('keeps both forms of headers as they were written', async () => {
    await apply(group('[{ name: x, headers: [{ host: a }] }, { name: z, headers: { host: b } }]'));
    expect(await read('htr', 'tried')).toMatchObject({
      spec: { matches: [{ headers: [{ host: 'a' }] }, { headers: { host: 'b' } }] },
    });
  });

  it('keeps the matches of a split of v1alpha4 in the version that Weft reads', async () => {
    const spec =
      '{ service: a, backends: [{ service: b, weight: 1 }], matches: [{ kind: HTTPRouteGroup, name: r }] }';
    await apply(split(spec, 'v1alpha4', 'matched'));
    expect(await read('trafficsplits.v1alpha2.split.smi-spec.io', 'matched')).toMatchObject({
      apiVersion: 'split.smi-spec.io/v1alpha2',
      spec: { matches: [{ kind: 'HTTPRouteGroup', name: 'r' }] },
    });
  });

  it('shows whether an object is in force', async () => {
    await apply(
      split('{ service: a, backends: [{ service: b, weight: 1 }] }', 'v1alpha2', 'shown'),
    );
    const condition = {
      type: 'Accepted',
      status: 'True',
      reason: 'Accepted',
      message: 'fine',
      lastTransitionTime: '2026-01-01T00:00:00Z',
    };
    const status = {
      observedGeneration: 1,
      inForce: '3/3',
      acknowledged: 3,
      total: 3,
      rejected: 0,
    };
    const patch = JSON.stringify({ status: { ...status, conditions: [condition] } });
    await ask([
      'patch',
      'ts',
      'shown',
      '-n',
      namespace,
      '--subresource=status',
      '--type=merge',
      '-p',
      patch,
    ]);
    const shown = await ask(['get', 'ts', 'shown', '-n', namespace]);
    expect(shown.split('\n')[0]).toMatch(/^NAME +SERVICE +ACCEPTED +IN FORCE +AGE$/);
    expect(shown.split('\n')[1]).toMatch(/^shown +a +True +3\/3 +/);
  });

  it('takes the demo as it is', async () => {
    const demo = join(import.meta.dirname, '../../../config/demo/policies/traffic-access.yaml');
    const text = await readFile(demo, 'utf8');
    const here = text.replaceAll(/namespace: book\w+/g, `namespace: ${namespace}`);
    const output = await ask(['apply', '--dry-run=server', '-f', '-'], here);
    expect(output.match(/created \(server dry run\)/g)).toHaveLength(5);
  });
});
