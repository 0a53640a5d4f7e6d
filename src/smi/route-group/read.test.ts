import { describe, expect, it } from '@jest/globals';
import { makeRouteGroup } from '../../../test/support/builders/make-policy.ts';
import { readRouteGroup } from './read.ts';

function groupOf(regexes: number): ReturnType<typeof readRouteGroup> {
  const matches = Array.from({ length: regexes }, (_, index) => ({
    name: `m${String(index)}`,
    pathRegex: 'a'.repeat(1_024),
    headers: { 'x-a': 'b'.repeat(1_024) },
  }));
  return readRouteGroup(makeRouteGroup({ matches }));
}

describe('readRouteGroup', () => {
  it('takes 128 Ki characters of regular expressions', () => {
    expect(groupOf(64)).toMatchObject({ diagnostics: [] });
    expect(groupOf(64).matches).toHaveLength(64);
  });

  it('refuses a group with more, which would keep others waiting', () => {
    const { matches, diagnostics } = groupOf(65);
    expect(matches).toEqual([]);
    expect(diagnostics.map(({ code }) => code)).toEqual(['object-malformed']);
    expect(diagnostics[0]?.message).toContain('among several groups');
  });

  it('refuses a group of more than 2048 matches', () => {
    const matches = Array.from({ length: 2049 }, (_, index) => ({ name: `m${String(index)}` }));
    const { diagnostics } = readRouteGroup(makeRouteGroup({ matches }));
    expect(diagnostics[0]?.message).toContain('more than 2048 entries');
    expect(readRouteGroup(makeRouteGroup({ matches: matches.slice(1) })).diagnostics).toEqual([]);
  });
});
