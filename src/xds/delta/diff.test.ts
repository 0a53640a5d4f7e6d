import { expect, it } from '@jest/globals';
import { makeResource } from '../../../test/fakes/resource-sets.ts';
import type { Resource } from '../resources/resource.ts';
import { diff } from './diff.ts';

const mapOf = (...resources: readonly Resource[]): ReadonlyMap<string, Resource> =>
  new Map(resources.map((resource) => [resource.name, resource]));

const a = makeResource('endpoint', 'a');
const b = makeResource('endpoint', 'b');

it.each([
  ['nothing', mapOf(a, b), mapOf(a, b), []],
  [
    'a resource made anew with the same version',
    mapOf(a),
    mapOf(makeResource('endpoint', 'a')),
    [],
  ],
  [
    'another version',
    mapOf(a, b),
    mapOf(a, makeResource('endpoint', 'b', { version: '2' })),
    ['b'],
  ],
  ['one more', mapOf(a), mapOf(a, b), ['b']],
  ['one less', mapOf(a, b), mapOf(b), ['a']],
])('finds %s', (...[, previous, next, names]) => {
  expect(diff(previous, next)).toEqual(names);
});

it('compares two maps once, however many proxies go from one to the other', () => {
  const previous = mapOf(a);
  const next = mapOf(b);
  expect(diff(previous, next)).toBe(diff(previous, next));
  expect(diff(previous, previous)).toEqual([]);
});
