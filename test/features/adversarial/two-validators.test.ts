import { describe, expect, it, jest } from '@jest/globals';
import fc from 'fast-check';
import type { MeshConfig } from '../../../src/api/gen/mesh-config.ts';
import { validateSpec } from '../../../src/api/validate-mesh-config.ts';
import { ask, messageOf } from '../../support/injector/injected-pod.ts';
import { makeAdmittedPod, makeFacts } from '../../support/injector/injection.ts';

jest.setTimeout(120_000);

type Spec = MeshConfig['spec'];

const meshConfig = (spec: object): MeshConfig =>
  ({ metadata: { name: 'osm-mesh-config' }, spec }) as unknown as MeshConfig;

/** Values that are right, nearly right and far from it, of every field that shapes new pods. */
const ranges = fc.oneof(
  fc.constantFrom('10.0.0.0/8', 'fd00::/8', '10.0.0.0/08', '010.0.0.0/8', '::/0', '1.2.3.4'),
  fc.constantFrom('::ffff:1.2.3.4/96', '10.0.0.0/33', 'fd00::/129', 'fd00::g/8', '1:2/8', ''),
  fc.tuple(fc.ipV4(), fc.nat(40)).map(([ip, bits]) => `${ip}/${String(bits)}`),
  fc.tuple(fc.ipV6(), fc.nat(140)).map(([ip, bits]) => `${ip}/${String(bits)}`),
  fc.stringMatching(/^[0-9a-f:.]{0,20}\/[0-9]{1,3}$/),
);
const interfaces = fc.oneof(
  fc.constantFrom('eth0', 'eth0@if3', '-i', 'eth+', '', 'a'.repeat(16), 'veth_a.1', 'e;reboot'),
  fc.string({ maxLength: 17 }),
);
const ports = fc.oneof(
  fc.integer({ min: 1, max: 65_535 }),
  fc.constantFrom(0, 65_536, 15_000, 15_001, 15_003, 15_010, 1.5, -1),
);
const amounts = fc.constantFrom<unknown>(
  '1',
  '100m',
  '64Mi',
  '1e3',
  2,
  0.1,
  'many',
  '-1',
  '',
  null,
  '1Gi',
);
const amountsByName = fc.dictionary(
  fc.constantFrom('cpu', 'memory', 'ephemeral-storage', 'disk', 'nvidia.com/gpu'),
  amounts,
  { maxKeys: 3, noNullPrototype: true },
);
const anySpec = fc.record({
  sidecar: fc.record(
    {
      logLevel: fc.constantFrom('debug', 'warn', '', 'loud', 'INFO'),
      localProxyMode: fc.constantFrom('Localhost', 'PodIP', '', 'podip'),
      envoyImage: fc.constantFrom(
        '',
        'envoy:2',
        'registry.example:5000/a/b@sha256:00',
        'a b',
        'a\n',
      ),
      initContainerImage: fc.constantFrom('', 'init:2', ' init'),
      enablePrivilegedInitContainer: fc.boolean(),
      resources: fc.record(
        { limits: amountsByName, requests: amountsByName },
        { requiredKeys: [] },
      ),
    },
    { requiredKeys: [], noNullPrototype: true },
  ),
  traffic: fc.record(
    {
      outboundIPRangeExclusionList: fc.array(ranges, { maxLength: 3 }),
      outboundIPRangeInclusionList: fc.array(ranges, { maxLength: 3 }),
      outboundPortExclusionList: fc.array(ports, { maxLength: 3 }),
      inboundPortExclusionList: fc.array(ports, { maxLength: 3 }),
      networkInterfaceExclusionList: fc.array(interfaces, { maxLength: 3 }),
    },
    { requiredKeys: [], noNullPrototype: true },
  ),
});

/** One field alone, so that many are right as a whole. */
const oneField = anySpec.chain((spec) => {
  const fields = Object.entries(spec).flatMap(([part, values]) =>
    Object.entries(values).map(([field, value]) => ({ [part]: { [field]: value as unknown } })),
  );
  return fc.constantFrom<object>({}, ...fields);
});

function refusalOf(spec: object): string {
  const { sidecar = {}, traffic = {} } = spec as { sidecar?: object; traffic?: object };
  return messageOf(ask(makeAdmittedPod(), makeFacts({ sidecar, traffic })));
}

describe('S11: the checks of a MeshConfig and the maker of pods', () => {
  it('agree about every field: S11', () => {
    let [accepted, refused] = [0, 0];
    fc.assert(
      fc.property(fc.oneof(anySpec, oneField), (spec) => {
        const problems = validateSpec(meshConfig(spec));
        const refusal = refusalOf(spec);
        expect({ problems: problems.length > 0, refusal }).toEqual({
          problems: refusal !== '',
          refusal,
        });
        if (problems.length === 0) accepted += 1;
        else refused += 1;
        for (const { field } of problems)
          expect(field).toMatch(
            /^spec\.(sidecar|traffic)\.[a-zA-Z]+(\[\d+\]|\.(limits|requests)\..+)?$/,
          );
      }),
      { numRuns: 600 },
    );
    expect(Math.min(accepted, refused)).toBeGreaterThan(50);
  });

  it.each<[string, Partial<Spec['traffic'] & object>]>([
    ['an interface with its peer', { networkInterfaceExclusionList: ['eth0@if3'] }],
    ['an option in place of an interface', { networkInterfaceExclusionList: ['-i'] }],
    ['a range with a leading zero', { outboundIPRangeExclusionList: ['10.0.0.0/08'] }],
    ['a port of the sidecar', { inboundPortExclusionList: [15_003] }],
  ])('refuse %s both, and the first names the field: S11', (_what, traffic) => {
    const [field] = Object.keys(traffic);
    expect(validateSpec(meshConfig({ traffic }))).toMatchObject([
      { field: `spec.traffic.${String(field)}[0]` },
    ]);
    expect(refusalOf({ traffic })).not.toBe('');
  });

  it('agree about lists of any length: S11', () => {
    const lists = (count: number): object => ({
      outboundIPRangeExclusionList: Array.from(
        { length: count },
        (_, at) =>
          `fd00:${(at >> 8).toString(16)}:${(at & 255).toString(16)}:1111:2222:3333:4444:5555/128`,
      ),
      inboundPortExclusionList: Array.from({ length: count }, (_, at) => at + 20_000),
      networkInterfaceExclusionList: Array.from({ length: count }, (_, at) => `eth${String(at)}`),
    });
    const outcomes = [1, 100, 300, 450, 500, 600, 1000, 3000].map((count) => {
      const accepted = validateSpec(meshConfig({ traffic: lists(count) })).length === 0;
      if (accepted) expect(refusalOf({ traffic: lists(count) })).toBe('');
      return accepted;
    });
    expect(new Set(outcomes)).toEqual(new Set([true, false]));
  });
});
