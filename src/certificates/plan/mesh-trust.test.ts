import { beforeAll, describe, expect, it } from '@jest/globals';
import { meshTrustOf } from './mesh-trust.ts';
import { newRoot } from '../signing-authority.ts';

describe('the trust of a mesh', () => {
  let one: string;
  let two: string;

  beforeAll(async () => {
    const period = { now: Date.UTC(2026, 0, 1), validityMs: 3_600_000 };
    [one, two] = (await Promise.all([newRoot('one', period), newRoot('two', period)])).map(
      ({ roots }) => roots,
    ) as [string, string];
  });

  it('is each root for its own trust domain only', () => {
    const trust = meshTrustOf([
      { trustDomain: 'b.example', roots: two },
      { trustDomain: 'a.example', roots: one },
    ]);
    expect(trust.domains).toEqual([
      { trustDomain: 'a.example', roots: one },
      { trustDomain: 'b.example', roots: two },
    ]);
    expect(trust.bundle.roots).toHaveLength(2);
  });

  it('is all roots of one domain together, each once, in the same order everywhere', () => {
    const [left, right] = [
      [one, two, one],
      [two, one],
    ].map((all) => meshTrustOf(all.map((roots) => ({ trustDomain: 'a.example', roots }))));
    expect(left).toEqual(right);
    expect(left?.domains).toEqual([{ trustDomain: 'a.example', roots: left?.bundle.pem }]);
    expect(left?.bundle.roots).toHaveLength(2);
  });

  it('may be one root for two domains', () => {
    const trust = meshTrustOf([
      { trustDomain: 'a.example', roots: one },
      { trustDomain: 'b.example', roots: one },
    ]);
    expect(trust.domains.map(({ roots }) => roots)).toEqual([one, one]);
    expect(trust.bundle.roots).toHaveLength(1);
  });
});
