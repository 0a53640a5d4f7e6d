import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { makeMatch, makeRule } from '../../../test/support/builders/make-view.ts';
import { type Instance } from '../../../test/support/xds/chain-client.ts';
import {
  type Rules,
  table,
  callers,
  chainOf,
  anyone,
  setOf,
  begin,
} from '../../../test/support/xds/narrowed-client.ts';
import type { HttpMatch } from '../../policy/access.ts';
import type { IdentityKey } from '../../policy/identity.ts';
import type { ResourceSet } from '../resources/resource.ts';

// Requests by their method, path and headers, judged here without the code under test.
interface Ask {
  readonly method: string;
  readonly path: string;
  readonly beta: boolean;
}
const asks: readonly Ask[] = ['GET', 'POST'].flatMap((method) =>
  ['/a', '/b'].flatMap((path) => [true, false].map((beta) => ({ method, path, beta }))),
);
const holds = (match: HttpMatch, { method, path, beta }: Ask): boolean =>
  (match.methods.length === 0 || match.methods.includes(method)) &&
  (match.pathRegex === undefined || match.pathRegex.split('|').includes(path)) &&
  (match.headers.length === 0 || beta);
const allows = (rules: Rules, caller: IdentityKey, ask: Ask): boolean =>
  'permissive' in rules ||
  rules.some(
    ({ sources, http }) =>
      sources.includes(caller) && (http === 'all' || http.some((match) => holds(match, ask))),
  );

const anyMatch = fc
  .record({
    pathRegex: fc.constantFrom(undefined, '/a', '/b', '/a|/b'),
    methods: fc.subarray(['GET', 'POST']),
    headers: fc.subarray([{ name: 'x-beta', valueRegex: 'yes' }]),
  })
  .map(makeMatch);
const anyRule = fc
  .record({
    sources: fc.subarray(callers, { minLength: 1 }),
    http: fc.oneof(
      { weight: 1, arbitrary: fc.constant('all' as const) },
      { weight: 6, arbitrary: fc.array(anyMatch, { minLength: 1, maxLength: 3 }) },
    ),
    name: fc.constantFrom('one', 'two'),
  })
  .map(({ name, ...fields }) => makeRule(name, fields));
const someRules = fc.array(anyRule, { maxLength: 4 });
const anyRules: fc.Arbitrary<Rules> = fc.oneof(
  { weight: 1, arbitrary: someRules.map((permissive) => ({ permissive })) },
  { weight: 3, arbitrary: someRules },
);

describe('any sequence of rules and answers', () => {
  interface Stream {
    readonly caller: IdentityKey;
    readonly ask: Ask;
    readonly on: Instance;
  }

  it('ends each stream that is allowed no more, and ends at the plain listener', () => {
    fc.assert(
      fc.property(
        anyRules,
        fc.array(fc.tuple(anyRules, fc.array(fc.nat(5), { maxLength: 4 })), { maxLength: 6 }),
        (first, steps) => {
          const client = begin(first);
          const byVersion = new Map<string | undefined, Rules>();
          const note = (rules: Rules): ResourceSet => {
            const set = setOf(rules);
            byVersion.set(set.route.get(table)?.version, rules);
            return set;
          };
          let last = note(first);
          let final: Rules = first;
          const streams: Stream[] = [];
          const openAll = (): void => {
            const inForce = byVersion.get(client.table) ?? [];
            for (const caller of callers)
              for (const ask of asks) {
                const on = client.chains.get(chainOf(caller)) ?? client.chains.get(anyone);
                if (on !== undefined && allows(inForce, caller, ask))
                  streams.push({ caller, ask, on });
              }
          };
          openAll();
          for (const [rules, answers] of steps) {
            last = note(rules);
            final = rules;
            client.offer(last);
            for (const which of answers) {
              openAll();
              client.answer(which);
            }
            openAll();
          }
          client.answerAll();
          const alive = streams.filter(({ on }) => client.chains.get(on.name) === on);
          for (const { caller, ask } of alive) expect(allows(final, caller, ask)).toBe(true);
          expect(client.held.get('listener inbound')).toBe(last.listener.get('inbound')?.version);
          expect([...client.chains.values()].some(({ marked }) => marked)).toBe(false);
          expect(client.session.synced).toBe(true);
        },
      ),
      { numRuns: 300 },
    );
  });

  it('leaves alone every caller that only gains, whatever rules are called and in which order', () => {
    fc.assert(
      fc.property(
        someRules,
        fc.array(anyRule, { maxLength: 3 }),
        fc.record({ turn: fc.nat(5), permissive: fc.boolean() }),
        (rules, more, { turn, permissive }) => {
          const client = begin(rules);
          const before = client.chains;
          const renamed = rules.map(({ sources, http }, index) =>
            makeRule(`other-${index}`, {
              sources: sources.toReversed(),
              http:
                http === 'all'
                  ? http
                  : http.toReversed().map((match) => ({ ...match, name: 'routes/renamed' })),
            }),
          );
          const all = [...renamed, ...more];
          const turned = [...all.slice(turn), ...all.slice(0, turn)];
          client.offer(setOf(permissive ? { permissive: turned } : turned));
          client.answerAll();
          expect(client.everMarked).toBe(false);
          for (const caller of callers) {
            const chain = before.get(chainOf(caller));
            if (chain !== undefined) expect(client.chains.get(chainOf(caller))).toBe(chain);
          }
        },
      ),
      { numRuns: 300 },
    );
  });
});
