import { expect, it } from '@jest/globals';
import { makeResource, makeSet } from '../../../test/support/resources/resource-sets.ts';
import { changesBetween } from './diff.ts';

const a = makeResource('endpoint', 'a');
const b = makeResource('endpoint', 'b');
const newer = makeResource('endpoint', 'b', { version: '2' });
const route = makeResource('route', 'a');

it.each([
  ['nothing', makeSet(a, b), makeSet(a, b), []],
  ['nothing in a resource made anew', makeSet(a), makeSet(makeResource('endpoint', 'a')), []],
  ['another version', makeSet(a, b), makeSet(a, newer), [['endpoint', ['b']]]],
  ['one more', makeSet(a), makeSet(a, b), [['endpoint', ['b']]]],
  ['one less', makeSet(a, b), makeSet(b), [['endpoint', ['a']]]],
  ['all that is offered first', undefined, makeSet(a), [['endpoint', ['a']]]],
  [
    'each type in the order of pushes',
    makeSet(a),
    makeSet(route, b),
    [
      ['endpoint', ['b', 'a']],
      ['route', ['a']],
    ],
  ],
])('finds %s', (...[, previous, next, found]) => {
  expect([...changesBetween(previous, next)]).toEqual(found);
});

it('compares two sets once, and their maps once, however many proxies go from one to the other', () => {
  const [previous, next] = [makeSet(a), makeSet(b)];
  const changes = changesBetween(previous, next);
  expect(changesBetween(previous, next)).toBe(changes);
  const others = changesBetween({ ...previous }, { ...next });
  expect(others.get('endpoint')).toBe(changes.get('endpoint'));
  expect(changesBetween(previous, previous).size).toBe(0);
});
