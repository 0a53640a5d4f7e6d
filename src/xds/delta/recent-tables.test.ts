import { describe, expect, it } from '@jest/globals';
import { makeResource } from '../../../test/support/resources/resource-sets.ts';
import type { Resource } from '../resources/resource.ts';
import { RecentTables, TableShares } from './recent-tables.ts';

const table = (version: string): Resource => ({
  ...makeResource('route', 'inbound/8080/http', { version }),
  grants: { rules: [], permissive: false, services: [], pathMatch: 'Prefix' },
});
const routes = (...resources: readonly Resource[]): ReadonlyMap<string, Resource> =>
  new Map(resources.map((one, index) => [String(index), one]));

describe('tables that were offered lately', () => {
  it('are known by their version; other routes are not', () => {
    const tables = new RecentTables();
    tables.note(routes(table('1'), makeResource('route', 'outbound', { version: '2' })));
    expect(tables.get('1')?.name).toBe('inbound/8080/http');
    expect(tables.get('2')).toBeUndefined();
  });

  it('are kept for each namespace, and forgotten with those not asked for the longest', () => {
    const shares = new TableShares();
    shares.get('shop').note(routes(table('1')));
    for (let at = 0; at < 1_000; at += 1) shares.get('loud').note(routes(table(`loud ${at}`)));
    expect(shares.get('shop').get('1')).toBeDefined();
    for (let at = 0; at < 4_096; at += 1) shares.get(`other-${at}`);
    expect(shares.get('shop').get('1')).toBeUndefined();
  });

  it('are forgotten when there are too many, the oldest first', () => {
    const tables = new RecentTables(2);
    for (const version of ['1', '2', '1', '3']) tables.note(routes(table(version)));
    expect(['1', '2', '3'].map((version) => tables.get(version) !== undefined)).toEqual([
      true,
      false,
      true,
    ]);
  });
});
