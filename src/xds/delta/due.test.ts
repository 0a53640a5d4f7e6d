import { describe, expect, it } from '@jest/globals';
import type { Resource } from '../resources/resource.ts';
import { Due } from './due.ts';

const offered = new Map(['a', 'b'].map((name) => [name, { name } as Resource]));

describe('what is due', () => {
  it('is a whole map without its names, until one of them goes its own way', () => {
    const due = new Due();
    due.addWhole(offered, { owed: true });
    expect(due.whole).toBe(offered);
    expect([...due.names]).toEqual(['a', 'b']);
    due.done('a');
    expect(due.whole).toBeUndefined();
    expect([...due.names]).toEqual(['b']);
    expect([due.owes('a'), due.owes('b')]).toEqual([false, true]);
  });

  it('owes nothing of a map that nobody asked for by name', () => {
    const due = new Due();
    due.addWhole(offered, { owed: false });
    due.add('c');
    expect([...due.names]).toEqual(['a', 'b', 'c']);
    expect(due.owesAny).toBe(false);
  });

  it('is nothing once all of it was said', () => {
    const due = new Due();
    due.addWhole(offered, { owed: true });
    due.wholeDone();
    due.add('c');
    due.owe('c');
    expect(due.isEmpty).toBe(false);
    due.done('c');
    expect([due.isEmpty, due.owesAny]).toEqual([true, false]);
  });
});
