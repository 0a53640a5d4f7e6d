import { describe, expect, it } from '@jest/globals';
import { Subscription } from './subscription.ts';

const request = (subscribe: readonly string[], unsubscribe: readonly string[] = []) => ({
  typeUrl: '',
  subscribe,
  unsubscribe,
  initialVersions: new Map<string, string>(),
  nonce: '',
  error: undefined,
});
const asItIs = (name: string): string => name;
const coveredBy = (subscription: Subscription): readonly string[] =>
  ['a', 'b', 'c'].filter((name) => subscription.covers(name));

// https://www.envoyproxy.io/docs/envoy/latest/api-docs/xds_protocol#how-the-client-specifies-what-resources-to-return
describe('a subscription', () => {
  it.each([
    ['an empty first request, where that is a wildcard', true, [[]], ['x'], []],
    ['an empty first request, where it is none', false, [[]], [], ['x']],
    ['an explicit wildcard', false, [['*']], ['x'], []],
    ['names', true, [['a', 'b']], ['a', 'b'], ['x']],
    ['an empty request that is not the first', true, [['a'], []], ['a'], ['x']],
    ['names after an empty first request', true, [[], ['a']], ['a', 'x'], []],
    ['a wildcard and names', true, [['*', 'a']], ['a', 'x'], []],
  ] as const)('by %s', (...[, legacy, requests, covered, others]) => {
    const subscription = new Subscription(legacy);
    for (const names of requests) subscription.update(request(names), asItIs);
    expect(covered.map((name) => subscription.covers(name))).toEqual(covered.map(() => true));
    expect(others.map((name) => subscription.covers(name))).toEqual(others.map(() => false));
  });

  it('ends a wildcard when "*" is let go, and keeps the names', () => {
    const subscription = new Subscription(true);
    subscription.update(request([]), asItIs);
    subscription.update(request(['a']), asItIs);
    const change = subscription.update(request([], ['*']), asItIs);
    expect(change).toMatchObject({ wildcardEnded: true, owed: [], dropped: [] });
    expect([subscription.covers('a'), subscription.covers('x')]).toEqual([true, false]);
  });

  it('owes an answer for names asked for, also again, and drops names let go', () => {
    const subscription = new Subscription(false);
    expect(subscription.update(request(['a']), asItIs)).toMatchObject({ owed: ['a'] });
    expect(subscription.update(request(['a', 'b'], ['b']), asItIs)).toMatchObject({
      owed: ['a'],
      dropped: ['b'],
    });
  });

  it('owes an answer for a name let go that the wildcard still covers', () => {
    const subscription = new Subscription(true);
    subscription.update(request(['*', 'a']), asItIs);
    expect(subscription.update(request([], ['a', 'never']), asItIs)).toMatchObject({
      owed: ['a'],
      dropped: [],
    });
  });

  it('keeps the shared string of a name', () => {
    const subscription = new Subscription(false);
    subscription.update(request(['a']), () => 'shared');
    expect(subscription.covers('shared')).toBe(true);
    expect(subscription.size).toBe(1);
  });

  it('goes on as its own after it was kept as a set that others share', () => {
    const shared = new Map([
      ['a', 1],
      ['b', 2],
    ]);
    const subscription = new Subscription(false);
    subscription.update(request(['a', 'b']), asItIs);
    subscription.settle(shared);
    expect(coveredBy(subscription)).toEqual(['a', 'b']);
    subscription.update(request(['c'], ['a']), asItIs);
    expect(coveredBy(subscription)).toEqual(['b', 'c']);
    expect([...shared.keys()]).toEqual(['a', 'b']);
  });

  it('keeps names that are not offered', () => {
    const subscription = new Subscription(false);
    subscription.update(request(['a', 'b']), asItIs);
    subscription.settle(new Set(['a']));
    expect(coveredBy(subscription)).toEqual(['a', 'b']);
  });
});
