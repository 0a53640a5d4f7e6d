import { describe, expect, it } from '@jest/globals';
import { cpuOf } from '../../../test/support/time/cpu-of.ts';
import { account, makeMatch, makeRule } from '../../../test/support/builders/make-view.ts';
import type { AccessRule, HttpMatch } from '../../policy/access.ts';
import { serviceKey } from '../../policy/service.ts';
import { type Grants, findLostChains } from './grants.ts';

const table = 'inbound/8080/http';
const [buyer, thief] = ['buyer', 'thief'].map((name) => account(name)) as [
  ReturnType<typeof account>,
  ReturnType<typeof account>,
];
const service = serviceKey('bookstore', 'bookstore');
const grants = (rules: readonly AccessRule[], fields: Partial<Grants> = {}): Grants => ({
  rules,
  permissive: false,
  services: [service],
  pathMatch: 'Prefix',
  ...fields,
});
const rule = (http: AccessRule['http'], sources = [buyer]): AccessRule =>
  makeRule('rule', { http, sources });
const match = (fields: Partial<HttpMatch>): HttpMatch => makeMatch(fields);

function losers(before: Grants, after: Grants | undefined): readonly string[] {
  return findLostChains(table, before, after).map((chain) => chain.split('|')[2] ?? '');
}

type Case = readonly [string, AccessRule['http'], AccessRule['http']];

const a = match({ pathRegex: '/a' });
const b = match({ pathRegex: '/b' });
const beta = { name: 'X-Beta', valueRegex: 'yes' };

const losses: readonly Case[] = [
  ['a match', [a, b], [a]],
  ['everything but some', 'all', [match({})].map((one) => ({ ...one, methods: ['GET'] }))],
  ['a method', [match({ methods: ['GET', 'PUT'] })], [match({ methods: ['GET'] })]],
  ['methods that were any', [match({})], [match({ methods: ['GET'] })]],
  ['requests without a header', [a], [match({ pathRegex: '/a', headers: [beta] })]],
  [
    'another value of a header',
    [match({ headers: [beta] })],
    [match({ headers: [{ ...beta, valueRegex: 'no' }] })],
  ],
  ['an alternative of a path', [match({ pathRegex: '/a|/b' })], [a]],
  ['other paths of the same beginning', [a], [match({ pathRegex: '/a/x' })]],
  [
    'a path that only repeats the last letter',
    [match({ pathRegex: '/ab*' })],
    [match({ pathRegex: '/ab' })],
  ],
  [
    'a path by an expression that cannot be compared',
    [match({ pathRegex: '/[ab]' })],
    [match({ pathRegex: '/[a-c]' })],
  ],
];

const gains: readonly Case[] = [
  ['a match', [a], [b, a]],
  ['everything', [a], 'all'],
  ['a match of everything for everything', 'all', [match({ pathRegex: '.*' })]],
  ['a method', [match({ methods: ['GET'] })], [match({ methods: ['PUT', 'GET'] })]],
  ['any method', [match({ methods: ['GET'] })], [match({})]],
  [
    'one match for two',
    [match({ methods: ['GET'] }), match({ methods: ['PUT'] })],
    [match({ methods: ['GET', 'PUT'] })],
  ],
  ['requests without a header', [match({ pathRegex: '/a', headers: [beta] })], [a]],
  [
    'another spelling of a header',
    [match({ headers: [beta] })],
    [match({ headers: [{ ...beta, name: 'x-beta' }] })],
  ],
  ['an alternative of a path', [a], [match({ pathRegex: '/b|/a' })]],
  ['a shorter beginning', [match({ pathRegex: '/a/[0-9]+' })], [a]],
  ['any path', [a], [match({})]],
  ['another name', [a], [match({ name: 'routes/other', pathRegex: '/a' })]],
];

describe('the callers that lost something', () => {
  it.each(losses)('include a caller that has %s', (_what, before, after) => {
    expect(losers(grants([rule(before)]), grants([rule(after)]))).toEqual([buyer]);
  });

  it.each(gains)('do not include a caller that is given %s', (_what, before, after) => {
    expect(losers(grants([rule(before)]), grants([rule(after)]))).toEqual([]);
  });

  it('include, when permissive mode is turned off, every caller that no rule allows everything', () => {
    const rules = [rule([a]), rule('all', [thief])];
    expect(losers(grants(rules, { permissive: true }), grants(rules))).toEqual([buyer]);
    expect(losers(grants(rules, { permissive: true }), grants([rule([match({})])]))).toEqual([
      thief,
    ]);
  });

  it('are none when permissive mode is turned on, whatever rules say', () => {
    expect(losers(grants([rule([a])]), grants([], { permissive: true }))).toEqual([]);
  });

  it('include only callers whose other rules do not allow the same', () => {
    const before = [rule([a, b], [buyer, thief]), rule([b], [thief])];
    expect(losers(grants(before), grants([rule([a], [buyer, thief]), before[1]!]))).toEqual([
      buyer,
    ]);
  });

  it('are none by a rule that moves to another TrafficTarget', () => {
    const moved = makeRule('other', { sources: [thief, buyer], http: [b] });
    const before = [rule([a, b], [buyer, thief])];
    expect(losers(grants(before), grants([rule([a], [buyer, thief]), moved]))).toEqual([]);
  });

  it('include every caller of a port without rules, for each service that leads or led to it', () => {
    const canary = serviceKey('bookstore', 'canary');
    expect(findLostChains(table, grants([rule([a])]), undefined)).toHaveLength(1);
    const after = grants([rule([a])], { services: [service, canary] });
    expect(findLostChains(table, grants([rule([a, b])]), after)).toEqual([
      `${table}|${service}|${buyer}`,
      `${table}|${canary}|${buyer}`,
    ]);
  });

  it('include callers whose paths are now matched as a whole, and not the other way', () => {
    const rules = [rule([a]), rule('all', [thief])];
    const full = grants(rules, { pathMatch: 'Full' });
    expect(losers(grants(rules), full)).toEqual([buyer]);
    expect(losers(full, grants(rules))).toEqual([]);
  });

  it('are found at once where rules name very many callers', () => {
    const many = Array.from({ length: 1_000 }, (_, index) => account(`caller-${index}`));
    const matches = Array.from({ length: 100 }, (_, index) => match({ pathRegex: `/x/${index}` }));
    const rules = (http: readonly HttpMatch[]): AccessRule[] =>
      Array.from({ length: 10 }, (_, index) => makeRule(`${index}`, { http, sources: many }));
    const ms = cpuOf(() => {
      const lost = findLostChains(table, grants(rules(matches)), grants(rules(matches.slice(1))));
      expect(lost).toHaveLength(1_000);
    });
    expect(ms).toBeLessThan(1_000);
  });

  it('are found at once for rules that are too long to compare', () => {
    const paths = (from: number): string =>
      Array.from({ length: 500 }, (_, index) => `/a${from + index}`).join('|');
    const methods = ['GET', 'PUT', 'POST', 'HEAD', 'PATCH', 'DELETE', 'OPTIONS'];
    const matches = Array.from({ length: 24 }, (_, index) =>
      match({ pathRegex: paths(index * 500), methods }),
    );
    const before = Array.from({ length: 100 }, () => rule([...matches]));
    const after = before.map(() => rule(matches.slice(1)));
    const ms = cpuOf(() => {
      for (let port = 0; port < 64; port += 1)
        expect(losers(grants(before), grants(after))).toEqual([buyer]);
    });
    expect(ms).toBeLessThan(1_000);
    expect(losers(grants(before), grants([...before]))).toEqual([]);
  });

  it('are found at once for very many rules that can be compared', () => {
    const matches = Array.from({ length: 2_000 }, (_, index) =>
      match({ pathRegex: `/a/${index}` }),
    );
    const before = Array.from({ length: 100 }, () => rule([...matches]));
    const after = before.map(() => rule(matches.slice(1)));
    const ms = cpuOf(() => {
      for (let port = 0; port < 64; port += 1)
        expect(losers(grants(before), grants(after))).toEqual([buyer]);
    });
    expect(ms).toBeLessThan(2_000);
  });
});
