import { beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { ResourceSet } from '../../src/xds/resources/resource.ts';
import { createAssembler } from '../../src/xds/resources/resource-set.ts';
import type { AccessRule } from '../../src/policy/access.ts';
import { findRegexProblem } from '../../src/smi/route-group/regex.ts';
import {
  account,
  makeCaller,
  makeEndpoint,
  makeEndpoints,
  makeInbound,
  makeMatch,
  makeOutbound,
  makePort,
  makeReachable,
  makeRule,
  makeServed,
  makeServer,
  makeService,
} from '../support/builders/make-view.ts';
import { meshOfTests } from '../support/envoy/mesh-of-tests.ts';
import type { TestPod } from '../support/envoy/pod.ts';
import { type RawSender, rawSender, requestText, statuses } from '../support/envoy/raw.ts';
import { envoyVersions, refusal } from '../support/envoy/validate.ts';

jest.setTimeout(120_000);

/** Expressions that Weft takes, so every Envoy must. */
const taken: readonly string[] = [
  ...['\\x{FF}', '\\xff', '\\x{0000FF}', '\\377', '\\0777', '[\\x{80}-\\x{FF}]', '[^\\x00-\\xff]'],
  ...[
    'é',
    'é+',
    'é{1000}',
    '日{1000}',
    '(?:日)*',
    '😀?',
    '日本|語',
    '(?i)é',
    '(?i)\\x{e9}',
    '(?i)ſ',
  ],
  ...['[é]', '[^é]', '[é-ü]', '[a-é]', '[é-\\xff]', '[\\x80-日]', '[日-本]', '[😀-😂]', '(?i)[ſK]'],
  ...['\\p{Greek}', '\\P{Greek}', '\\p{^Greek}', '[^\\p{Greek}]', '\\pN', '[\\PN]', '\\p{Any}'],
  ...['\\P{Any}', '[^\\p{Any}]', '\\pC', '\\p{Cs}', '\\p{Co}', '\\p{Han}{5}', '(?i)\\p{Lu}'],
  ...[
    '\\Qé.\\E',
    '\\Q\\E',
    '\\Q日\\E{3}',
    'a\\Q\\Eb',
    '(?<n>a)',
    '(?P<n>a)',
    '(?<1a>b)',
    '(?P<_>é)',
  ],
  ...[
    '\\A',
    '\\z',
    '\\b',
    '\\B',
    '\\Aé\\z',
    '\\bé\\b',
    '\\d\\D',
    '[\\d\\D]',
    '[^\\d\\D]',
    '\\W\\S',
  ],
  ...['[[:word:]]', '[[:^word:]]', '[^[:ascii:]]', '[[:^ascii:]]', '[[:alpha:]-z]', '[\\d-z]'],
  ...[
    '[[.a.]]',
    '[[=a=]]',
    '[[:]',
    '[a[:]',
    '[:alpha:]',
    '[--/]',
    '[a-]',
    '[]-é]',
    '[^]é]',
    '[\\pN-z]',
  ],
  ...['(?s).', '(?m)^é$', '(?U)é+', '(?i-s:é.)', '(?i)', '()', '(?:)*', '(?:é|)+', '^^$$', 'a{,2}'],
  ...[
    '\\_\\-\\/\\ ',
    '\\a\\f\\n\\r\\t\\v',
    '\\x{0}',
    '\\0',
    '\u0000',
    '\u0080',
    '\ufffd',
    '\u2028',
  ],
  ...['a'.repeat(2048), '日'.repeat(2048), '[^\\x00]'.repeat(250), '\\pL'.repeat(12)],
  ...[`(?i)${'é'.repeat(2000)}`, '😀'.repeat(1024)],
];

/** Expressions that the Envoy that Weft is made for refuses, so Weft must. */
const refused: readonly string[] = [
  ...[
    '/\\x{20AC}',
    '\\x{100}',
    '[^\\x{10FFFF}]',
    '[\\x{80}-\\x{100}]',
    '(?i)\\x{212A}',
    '\\x{D800}',
  ],
  ...['\\x{110000}', '\\x{}', '\\x{G}', '\\x0', '\\x', '\\xé', '\\400', '\\777', '[\\777]', '\\8'],
  ...['[\\xE0-é]', '[\\x{c5}-é]', '[\\xf0-日]', '[\\xf1-😀]', '[\\377-é]', '[z-a]', '[é-a]'],
  ...[
    '\\é',
    '[\\é]',
    '\\Z',
    '[\\A]',
    '[\\b]',
    '[\\C]',
    '[\\Qa\\E]',
    '\\pé',
    '\\p{é}',
    '\\p{',
    '\\u0041',
  ],
  ...[
    '(?<é>a)',
    '(?P<é>a)',
    '(?é)',
    '(?i)*',
    '[[:é:]]',
    'é**',
    'é{1001}',
    '(é{100}){100}',
    '(?=é)',
  ],
];

function setOf(...patterns: readonly string[]): ResourceSet {
  const http = patterns.flatMap((pathRegex) => [
    makeMatch({ pathRegex }),
    makeMatch({ headers: [{ name: 'x-one', valueRegex: pathRegex }] }),
  ]);
  const inbound = makeInbound({ served: [makeServed(80)], rules: [makeRule('all', { http })] });
  return createAssembler().assemble({ inbound, outbound: makeOutbound() }, new Map(), undefined);
}

describe('regular expressions that Weft takes', () => {
  it('are accepted or refused by Weft as this table says', () => {
    expect(taken.filter((pattern) => findRegexProblem(pattern) !== undefined)).toEqual([]);
    expect(refused.filter((pattern) => findRegexProblem(pattern) === undefined)).toEqual([]);
  });

  it.each(envoyVersions)('are taken by Envoy %s', async (version) => {
    if ((await refusal(setOf(...taken), version)) === '') return;
    for (const pattern of taken)
      expect([pattern, await refusal(setOf(pattern), version)]).toEqual([pattern, '']);
    throw new Error('Envoy takes each of them, but not all together');
  });

  it.each(refused)('are others than %j, which Envoy refuses', async (pattern) => {
    expect(await refusal(setOf(pattern), envoyVersions[0])).toMatch(
      /invalid|missing|bad|no argument/,
    );
  });
});

const ip = '10.96.0.63';
const api = makeService('api', { addresses: [ip], ports: [makePort(80)] });

/** A rule that lets requests in whose header x-<name> has that value. */
function headerRule(name: string, valueRegex: string): AccessRule {
  const headers = [{ name: `x-${name}`, valueRegex }];
  return makeRule(name, { http: [makeMatch({ headers })] });
}

const rules = [
  headerRule('euro', '€'),
  headerRule('bytes', '\\xE2\\x82\\xAC'),
  headerRule('dot', '.'),
  headerRule('dots', '...'),
  headerRule('class', '[éè]'),
  headerRule('group', '(?:é|è)+'),
  headerRule('high', '\\x{E9}'),
  headerRule('greek', '\\p{Greek}'),
  makeRule('escaped', { http: [makeMatch({ pathRegex: '/euro/%E2%82%AC' })] }),
  makeRule('literal', { http: [makeMatch({ pathRegex: '/literal/€' })] }),
  makeRule('other', { http: [makeMatch({ pathRegex: '/other/[^a]*' })] }),
];

describe('characters outside of ASCII', () => {
  const mesh = meshOfTests();
  let caller: TestPod;
  let server: TestPod;
  let send: RawSender;

  beforeAll(async () => {
    caller = await mesh().pod('caller');
    server = await mesh().pod('api');
    send = rawSender(caller, ip, 80);
    mesh().endpoints = makeEndpoints({
      'api/api|80': [makeEndpoint(server.address, 8080, account('api'))],
    });
    await mesh().offer('caller', makeCaller(account('bookbuyer'), [makeReachable(api)]));
    const served = [makeServed(8080, { services: [api.key] })];
    await mesh().offer('api', makeServer({ account: account('api'), served, rules }));
    await server.serve('http', 8080);
    await Promise.all([caller, server].map((pod) => pod.ready()));
  });

  async function status(path: string, ...headers: string[]): Promise<number | undefined> {
    const request = requestText(`GET ${path}`, 'Host: api.api', ...headers, 'Connection: close');
    return statuses(await send(request))[0];
  }

  it.each([
    ['euro', '€', 200],
    ['euro', '\\xe2\\x82\\xac', 200],
    ['bytes', '€', 200],
    ['dot', '€', 404],
    ['dot', 'a', 200],
    ['dots', '€', 200],
    ['class', 'é', 404],
    ['group', 'éè', 200],
    ['high', 'é', 404],
    ['high', '\\xe9', 200],
    ['greek', 'α', 404],
  ])('the header expression of x-%s, asked for %s: %d', async (name, value, expected) => {
    expect(await status('/', `x-${name}: ${value}`)).toBe(expected);
  });

  it.each([
    ['/euro/%E2%82%AC', 200],
    ['/euro/€', 400],
    ['/literal/€', 400],
    ['/literal/%E2%82%AC', 404],
    ['/other/€', 400],
    ['/other/%E2%82%AC', 200],
  ])('the path %s: %d', async (path, expected) => {
    expect(await status(path)).toBe(expected);
  });
});
