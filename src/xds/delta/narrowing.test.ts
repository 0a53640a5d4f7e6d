import { describe, expect, it } from '@jest/globals';
import { account } from '../../../test/support/builders/make-view.ts';
import { countBuilt } from '../../../test/support/xds/built-responses.ts';
import { ChainClient } from '../../../test/support/xds/chain-client.ts';
import {
  table,
  buyer,
  thief,
  chainOf,
  anyone,
  setOf,
  rule,
  get,
  both,
  less,
  begin,
} from '../../../test/support/xds/narrowed-client.ts';
import type { ResourceSet } from '../resources/resource.ts';
import { RecentTables } from './recent-tables.ts';
import { ResponseBytes } from './response-bytes.ts';

describe('a caller that loses a part of what it was allowed', () => {
  it('gets a fresh chain, and then the chain as offered; no other caller does', () => {
    const client = begin(both);
    const before = client.chains;
    const listener = client.held.get('listener inbound');
    client.offer(setOf(less));
    expect(client.session.synced).toBe(false);
    client.answerAll();
    expect(client.everMarked).toBe(true);
    expect(client.chains.get(chainOf(buyer))).not.toBe(before.get(chainOf(buyer)));
    expect(client.chains.get(chainOf(thief))).toBe(before.get(chainOf(thief)));
    expect(client.held.get('listener inbound')).toBe(listener);
    expect(client.session.synced).toBe(true);
  });

  it('has a fresh chain until the rules are in force', () => {
    const client = begin(both);
    client.offer(setOf(less));
    client.answer(0);
    expect(client.chains.get(chainOf(buyer))?.marked).toBe(true);
    expect(client.session.synced).toBe(false);
    client.answer(0);
    client.answer(0);
    expect(client.chains.get(chainOf(buyer))?.marked).toBe(false);
    expect(client.session.synced).toBe(true);
  });

  it('is waited for when the proxy refuses: what was last good stays, and it is said', () => {
    const client = begin(both);
    const before = client.chains;
    client.offer(setOf(less));
    expect(client.refuse('listener')).toBe(true);
    client.answerAll();
    expect(client.chains).toBe(before);
    expect(client.session.synced).toBe(false);
    expect([...client.session.refusals()].map(({ resource }) => resource.name)).toEqual([
      'inbound',
    ]);
    // Another listener is tried, and the loss is not forgotten.
    client.offer(setOf([...less, rule('more', [get], [account('clerk')])]));
    client.answerAll();
    expect(client.chains.get(chainOf(buyer))).not.toBe(before.get(chainOf(buyer)));
    expect(client.chains.get(chainOf(thief))).toBe(before.get(chainOf(thief)));
    expect(client.session.synced).toBe(true);
  });

  it('is not confused by a second loss before the first is acknowledged', () => {
    const client = begin(both);
    const before = client.chains;
    client.offer(setOf(less));
    client.offer(setOf([rule('get', [get])]));
    client.answerAll();
    for (const caller of [buyer, thief])
      expect(client.chains.get(chainOf(caller))).not.toBe(before.get(chainOf(caller)));
    expect(client.session.synced).toBe(true);
  });

  it('is done with when the proxy reconnects in the middle', () => {
    const client = begin(both);
    client.offer(setOf(less));
    client.answer(0);
    const middle = client.chains;
    client.reconnect(setOf(less), table);
    client.answerAll();
    expect(client.chains.get(chainOf(buyer))).not.toBe(middle.get(chainOf(buyer)));
    expect(client.chains.get(chainOf(buyer))?.marked).toBe(false);
  });

  it('makes one listener for all proxies that have the same', () => {
    const bytes = new ResponseBytes();
    const [one, other] = [new ChainClient(bytes, table), new ChainClient(bytes, table)];
    const play = (set: ResourceSet): void => {
      for (const client of [one, other]) client.offer(set);
      for (const client of [one, other]) client.answerAll();
    };
    play(setOf(both));
    const before = countBuilt(bytes);
    play(setOf(less));
    // The table, the listener twice, and the response that counts.
    expect(countBuilt(bytes) - before).toBe(3 + 1);
  });
});

describe('permissive mode', () => {
  const all = [rule('all', 'all', [thief]), rule('get', [get], [buyer])];

  it('ends nothing when it is turned on', () => {
    const client = begin(all);
    const before = client.chains;
    client.offer(setOf({ permissive: all }));
    client.answerAll();
    for (const caller of [buyer, thief])
      expect(client.chains.get(chainOf(caller))).toBe(before.get(chainOf(caller)));
    expect(client.everMarked).toBe(false);
    expect(client.chains.has(anyone)).toBe(true);
  });

  it('ends what it alone allowed when it is turned off, and nothing of others', () => {
    const client = begin({ permissive: all });
    const before = client.chains;
    client.offer(setOf(all));
    client.answerAll();
    expect(client.chains.has(anyone)).toBe(false);
    expect(client.chains.get(chainOf(buyer))).not.toBe(before.get(chainOf(buyer)));
    expect(client.chains.get(chainOf(thief))).toBe(before.get(chainOf(thief)));
    expect(client.session.synced).toBe(true);
  });
});

describe('a client that still uses the table of permissive mode', () => {
  const some = [rule('some', [get], [buyer])];

  it('gets a fresh chain for a caller that is named only later', () => {
    const client = begin({ permissive: [] });
    client.offer(setOf([rule('all', 'all', [thief])]));
    client.offer(setOf(some));
    expect(client.session.synced).toBe(false);
    client.answerAll();
    expect(client.everMarked).toBe(true);
  });

  it('does so after a reconnect, too', () => {
    const client = begin({ permissive: [] });
    client.reconnect(setOf([rule('all', 'all', [thief])]), table);
    client.offer(setOf(some));
    client.answerAll();
    expect(client.everMarked).toBe(true);
  });

  it('does not when it has the rules of strict mode', () => {
    const client = begin({ permissive: [] });
    client.offer(setOf([rule('all', 'all', [thief])]));
    client.answerAll();
    client.offer(setOf(some));
    client.answerAll();
    expect(client.everMarked).toBe(false);
  });
});

describe('a restart, or another replica', () => {
  it('sends nothing to a proxy that is in sync', () => {
    const client = begin(both);
    const before = client.chains;
    for (const tables of [undefined, new RecentTables()]) {
      client.reconnect(setOf(both), table, tables);
      client.answerAll();
      expect(client.chains).toBe(before);
      expect(client.session.synced).toBe(true);
    }
  });

  it('ends what was lost while the proxy was away, if it knows the rules that the proxy had', () => {
    const client = begin(both);
    const before = client.chains;
    client.reconnect(setOf(less), table);
    client.answerAll();
    expect(client.chains.get(chainOf(buyer))).not.toBe(before.get(chainOf(buyer)));
    expect(client.chains.get(chainOf(thief))).toBe(before.get(chainOf(thief)));
    expect([...client.chains.values()].some(({ marked }) => marked)).toBe(false);
    expect(client.session.synced).toBe(true);
  });

  it('ends nothing by rules that it does not know, or that allowed no more', () => {
    const client = begin(less);
    const before = client.chains;
    client.reconnect(setOf(both), table);
    client.answerAll();
    client.reconnect(setOf(less), table, new RecentTables());
    client.answerAll();
    expect(client.chains).toEqual(before);
    expect(client.everMarked).toBe(false);
  });
});
