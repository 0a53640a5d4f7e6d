import { describe, expect, it } from '@jest/globals';
import type { Resource } from '../resources/resource.ts';
import { PendingNames } from './pending-names.ts';

const offered = new Map(['a', 'b'].map((name) => [name, { name } as Resource]));

describe('the pending names', () => {
  it('are a whole map without its names, until a name gets its own state', () => {
    const due = new PendingNames();
    due.addWhole(offered, { owed: true });
    expect(due.whole).toBe(offered);
    expect([...due.names]).toEqual(['a', 'b']);
    due.sent('a');
    expect(due.whole).toBeUndefined();
    expect([...due.names]).toEqual(['b']);
    expect([due.mustSend('a'), due.mustSend('b')]).toEqual([false, true]);
  });

  it('owes nothing of a map that the client did not request by name', () => {
    const due = new PendingNames();
    due.addWhole(offered, { owed: false });
    due.add('c');
    expect([...due.names]).toEqual(['a', 'b', 'c']);
    expect(due.mustSendAny).toBe(false);
  });

  it('is nothing once all of it was said', () => {
    const due = new PendingNames();
    due.addWhole(offered, { owed: true });
    due.sentWhole();
    due.add('c');
    due.forceSend('c');
    expect(due.isEmpty).toBe(false);
    due.sent('c');
    expect([due.isEmpty, due.mustSendAny]).toEqual([true, false]);
  });
});
