import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { makeResource } from '../../../test/support/resources/resource-sets.ts';
import { AckedVersions } from './acked-versions.ts';

const name = fc.constantFrom('a', 'b', 'c', 'd');
const version = fc.constantFrom('1', '2');

function mapOf(versions: ReadonlyMap<string, string>) {
  return new Map(
    [...versions].map(([key, value]) => [key, makeResource('cluster', key, { version: value })]),
  );
}

describe('what a client holds', () => {
  const action = fc.oneof(
    fc.record({ kind: fc.constant('set' as const), name, version }),
    fc.record({ kind: fc.constant('delete' as const), name }),
    fc.record({ kind: fc.constant('settle' as const) }),
  );

  it('is what a plain map would say, however often it is taken for the offered map', () => {
    fc.assert(
      fc.property(fc.array(action, { maxLength: 40 }), (actions) => {
        const held = new AckedVersions();
        const plain = new Map<string, string>();
        for (const act of actions) {
          if (act.kind === 'set') {
            held.set(act.name, act.version);
            plain.set(act.name, act.version);
          } else if (act.kind === 'delete') {
            held.delete(act.name);
            plain.delete(act.name);
          } else expect(held.compact(mapOf(plain))).toBe(true);
          expect([...held.names()].sort()).toEqual([...plain.keys()].sort());
          for (const key of ['a', 'b', 'c', 'd']) {
            expect(held.version(key)).toBe(plain.get(key));
            expect(held.has(key)).toBe(plain.has(key));
          }
        }
      }),
    );
  });

  it('is not taken for a map with more in it', () => {
    const held = new AckedVersions();
    held.set('a', '1');
    const offered = new Map([
      ['a', '1'],
      ['b', '1'],
    ]);
    expect(held.compact(mapOf(offered))).toBe(false);
    expect(held.has('b')).toBe(false);
  });
});
