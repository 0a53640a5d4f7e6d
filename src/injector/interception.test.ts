import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { makeAdmittedPod, makeFacts } from '../../test/support/injector/injection.ts';
import {
  inboundPortExclusion,
  outboundIpRangeExclusion,
  outboundIpRangeInclusion,
  outboundPortExclusion,
} from '../api/labels.ts';
import type { TrafficSettings } from '../api/sidecar-spec.ts';
import type { InjectorFacts } from './facts.ts';
import { type Interception, parseInterception } from './interception.ts';
import { renderRules } from './iptables.ts';

interface Outcome {
  readonly interception: Interception;
  readonly problems: readonly string[];
}

function parse(
  annotations: Readonly<Record<string, string>>,
  changes: Partial<InjectorFacts> = {},
): Outcome {
  const problems: string[] = [];
  const pod = makeAdmittedPod({}, { annotations });
  return { interception: parseInterception(pod, makeFacts(changes), problems), problems };
}

describe('parseInterception', () => {
  it('is empty without any setting', () => {
    expect(parse({})).toEqual({
      interception: {
        inboundPortExclusions: [],
        outboundPortExclusions: [],
        rangeExclusions: [],
        rangeInclusions: [],
        interfaceExclusions: [],
        byPodIp: false,
      },
      problems: [],
    });
  });

  it("unites MeshConfig's lists with the pod's annotations", () => {
    const { interception, problems } = parse(
      {
        [outboundPortExclusion]: ' 6379, 53 ',
        [inboundPortExclusion]: '9090',
        [outboundIpRangeExclusion]: '10.0.0.0/8,fd00::/8',
        [outboundIpRangeInclusion]: '',
      },
      {
        traffic: {
          outboundPortExclusionList: [53, 443],
          inboundPortExclusionList: [22],
          outboundIPRangeExclusionList: ['10.0.0.0/8', '1.2.3.4/32'],
          networkInterfaceExclusionList: ['eth1', 'net-2.7', 'eth1'],
        },
        sidecar: { localProxyMode: 'PodIP' },
      },
    );
    expect(problems).toEqual([]);
    expect(interception).toEqual({
      inboundPortExclusions: [22, 9090],
      outboundPortExclusions: [53, 443, 6379],
      rangeExclusions: [
        { family: 4, text: '10.0.0.0/8' },
        { family: 4, text: '1.2.3.4/32' },
        { family: 6, text: 'fd00::/8' },
      ],
      rangeInclusions: [],
      interfaceExclusions: ['eth1', 'net-2.7'],
      byPodIp: true,
    });
  });

  const portWrong = ['0', '65536', '80a', '08', '-1', '1.5', '1e3', '', '443;', '80 81', '$(x)'];
  it.each(portWrong)('refuses the port %j and names it', (entry) => {
    for (const annotation of [outboundPortExclusion, inboundPortExclusion]) {
      const { problems } = parse({ [annotation]: `1,${entry}` });
      expect(problems).toHaveLength(1);
      expect(problems[0]).toContain(annotation);
      expect(problems[0]).toContain(JSON.stringify(entry));
      expect(problems[0]).toContain('from 1 to 65535');
    }
  });

  const rangeWrong = [
    ...[
      '10.0.0.0',
      '10.0.0.0/33',
      '10.0.0/8',
      '256.0.0.0/8',
      'x10.0.0.0/8',
      '10.0.0.0/8x',
      '10.0.0.0/08',
    ],
    ...[
      'fd00::',
      'fd00::/129',
      'fe80::1%eth0/64',
      ':::/8',
      '/8',
      '',
      '10.0.0.0/8 -j ACCEPT',
      '10.0.0.0/8\n-F',
    ],
  ];
  it.each(rangeWrong)('refuses the range %j and names it', (entry) => {
    for (const annotation of [outboundIpRangeExclusion, outboundIpRangeInclusion]) {
      const { problems } = parse({ [annotation]: `10.1.0.0/16,${entry}` });
      expect(problems).toHaveLength(1);
      expect(problems[0]).toContain(annotation);
      expect(problems[0]).toContain(JSON.stringify(entry));
      expect(problems[0]).toContain('10.0.0.0/8 or fd00::/8');
    }
  });

  it.each<[keyof TrafficSettings, unknown]>([
    ['networkInterfaceExclusionList', 'eth0 -j ACCEPT'],
    ['networkInterfaceExclusionList', 'a-name-that-is-too-long'],
    ['networkInterfaceExclusionList', '-eth0'],
    ['networkInterfaceExclusionList', 'eth+'],
    ['networkInterfaceExclusionList', 'eth0\nCOMMIT'],
    ['networkInterfaceExclusionList', '$IF'],
    ['networkInterfaceExclusionList', ''],
    ['networkInterfaceExclusionList', 7],
    ['outboundPortExclusionList', 70_000],
    ['outboundPortExclusionList', null],
    ['outboundIPRangeExclusionList', 'garbage10.0.0.0/8'],
  ])("refuses MeshConfig's %s with %j and names it", (field, entry) => {
    const { problems } = parse({}, { traffic: { [field]: [entry] } });
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(`spec.traffic.${field}`);
    expect(problems[0]).toContain(JSON.stringify(entry));
  });

  it('refuses to lay the sidecar open', () => {
    for (const port of [15_000, 15_001, 15_003])
      expect(parse({ [inboundPortExclusion]: String(port) }).problems[0]).toContain(String(port));
  });
});

describe('renderRules', () => {
  it('renders the rules in this order', () => {
    const { interception } = parse(
      {
        [outboundPortExclusion]: '53',
        [inboundPortExclusion]: '22',
        [outboundIpRangeExclusion]: '10.0.0.0/8,fd00::/8',
        [outboundIpRangeInclusion]: '11.0.0.0/8',
      },
      {
        traffic: { networkInterfaceExclusionList: ['eth1'] },
        sidecar: { localProxyMode: 'PodIP' },
      },
    );
    expect(renderRules(interception, 4, 1500).split('\n')).toEqual([
      '*nat',
      ':WEFT_IN_REDIRECT - [0:0]',
      ':WEFT_INBOUND - [0:0]',
      ':WEFT_OUT_REDIRECT - [0:0]',
      ':WEFT_OUTBOUND - [0:0]',
      '-A WEFT_IN_REDIRECT -p tcp -j REDIRECT --to-ports 15003',
      '-A WEFT_INBOUND -i eth1 -j RETURN',
      '-A WEFT_INBOUND -p tcp -m multiport --dports 22 -j RETURN',
      '-A WEFT_INBOUND -p tcp -m multiport --dports 15010,15901,15902,15903,15904,15905,15906 -j RETURN',
      '-A WEFT_INBOUND -j WEFT_IN_REDIRECT',
      '-A WEFT_OUT_REDIRECT -p tcp -j REDIRECT --to-ports 15001',
      '-A WEFT_OUTBOUND -o lo -d 127.0.0.1/32 -p tcp ! --dport 15000 -m owner --uid-owner 1500 -j DNAT --to-destination @POD_IP@',
      '-A WEFT_OUTBOUND -o lo ! -d 127.0.0.1/32 -m owner --uid-owner 1500 -j WEFT_IN_REDIRECT',
      '-A WEFT_OUTBOUND -o lo -m owner ! --uid-owner 1500 -j RETURN',
      '-A WEFT_OUTBOUND -m owner --uid-owner 1500 -j RETURN',
      '-A WEFT_OUTBOUND -d 127.0.0.1/32 -j RETURN',
      '-A WEFT_OUTBOUND -o eth1 -j RETURN',
      '-A WEFT_OUTBOUND -d 10.0.0.0/8 -j RETURN',
      '-A WEFT_OUTBOUND -p tcp -m multiport --dports 53 -j RETURN',
      '-A WEFT_OUTBOUND -d 11.0.0.0/8 -j WEFT_OUT_REDIRECT',
      '-A WEFT_OUTBOUND -j RETURN',
      'COMMIT',
      '',
    ]);
    expect(renderRules(interception, 6, 1500)).toContain('-d fd00::/8 -j RETURN');
    expect(renderRules(interception, 6, 1500)).toContain('-d ::1/128 -p tcp ! --dport 15000');
    expect(renderRules(interception, 6, 1500)).not.toMatch(/\d+\.\d+\.\d+\.\d+/);
  });

  it('leads everything to the sidecar that no rule has let go', () => {
    const { interception } = parse({});
    for (const family of [4, 6] as const)
      expect(renderRules(interception, family, 1500)).toMatch(
        /-A WEFT_OUTBOUND -j WEFT_OUT_REDIRECT\nCOMMIT\n$/,
      );
  });

  it('is made of rules only, whatever is written', () => {
    const rule =
      /^(\*nat|:WEFT_\w+ - \[0:0\]|COMMIT|-A WEFT_(IN|OUT)(BOUND|_REDIRECT) [-\w!.,:/@ ]+ -j (RETURN|WEFT_\w+|REDIRECT --to-ports \d+)|-A WEFT_INBOUND -j WEFT_IN_REDIRECT|-A WEFT_OUTBOUND -j (RETURN|WEFT_OUT_REDIRECT)|)$/;
    const entry = fc.oneof(
      fc.string(),
      fc.ipV4(),
      fc.constantFrom('80', '10.0.0.0/8', 'a\n-F', 'fd::/8'),
    );
    const list = fc.array(entry, { maxLength: 40 });
    fc.assert(
      fc.property(list, list, list, (ports, ranges, interfaces) => {
        const { interception } = parse(
          {
            [outboundPortExclusion]: ports.join(','),
            [outboundIpRangeExclusion]: ranges.join(','),
          },
          { traffic: { networkInterfaceExclusionList: interfaces } },
        );
        for (const line of renderRules(interception, 4, 1500).split('\n'))
          expect(line).toMatch(rule);
      }),
    );
  });
});
