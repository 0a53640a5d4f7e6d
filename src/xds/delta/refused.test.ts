import { describe, expect, it } from '@jest/globals';
import type { Resource } from '../resources/resource.ts';
import { Refused } from './refused.ts';

const [a, b, c] = ['a', 'b', 'c'].map((name) => ({ name, version: '1' }) as Resource) as [
  Resource,
  Resource,
  Resource,
];

describe('a refused response', () => {
  it('is tried in halves until one resource is left to blame', () => {
    const refused = new Refused('cluster', new WeakSet());
    expect(refused.take([a, b, c], { text: 'no', isCut: false })).toBeUndefined();
    expect(refused.narrow([a, b, c])).toEqual([a, b]);
    expect(refused.take([a, b], { text: 'no', isCut: false })).toBeUndefined();
    expect(refused.narrow([a, b, c])).toEqual([a]);
    expect(refused.take([a], { text: 'bad a', isCut: false })).toEqual([
      { resource: a, message: 'bad a' },
    ]);
    expect(refused.narrow([b, c])).toEqual([b]);
    expect(refused.narrow([c])).toEqual([c]);
    expect([...refused.byName.keys()]).toEqual(['a']);
  });

  it('makes a resource suspect to all clients, which get it apart from others', () => {
    const suspects = new WeakSet<Resource>();
    new Refused('cluster', suspects).take([a], { text: 'bad', isCut: false });
    const other = new Refused('cluster', suspects);
    expect(other.isAnySuspect([a, b])).toBe(true);
    expect(other.narrow([a, b, c])).toEqual([b, c]);
    other.accepted(a);
    expect(other.narrow([a, b])).toEqual([a, b]);
  });

  it('is about one version', () => {
    const refused = new Refused('cluster', new WeakSet());
    refused.take([a], { text: 'bad', isCut: false });
    const mended = { ...a, version: '2' };
    expect([refused.has(a), refused.has(mended)]).toEqual([true, false]);
    refused.offered('a', a);
    expect(refused.byName.size).toBe(1);
    refused.offered('a', mended);
    expect(refused.byName.size).toBe(0);
  });
});
