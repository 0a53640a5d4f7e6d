import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { deepEqual } from './equal.ts';

const rows: readonly (readonly [string, unknown, unknown, boolean])[] = [
  [
    'equal objects, keys in another order',
    { a: 1, b: [1, { c: 2 }] },
    { b: [1, { c: 2 }], a: 1 },
    true,
  ],
  ['undefined and absent', { a: undefined }, {}, true],
  ['null and absent', { a: null }, {}, false],
  ['a key that every object inherits', {}, { constructor: 'x' }, false],
  ['the key of the prototype', {}, JSON.parse('{"__proto__": {}}'), false],
  ['a further key', { a: 1 }, { a: 1, b: 2 }, false],
  ['lists of other length', [1], [1, 1], false],
  ['list and object', [], {}, false],
  ['equal maps', new Map([['a', [1]]]), new Map([['a', [1]]]), true],
  ['other maps', new Map([['a', [1]]]), new Map([['a', [2]]]), false],
  ['map and object', new Map(), {}, false],
];

describe('deepEqual', () => {
  for (const [name, a, b, equal] of rows) {
    it(name, () => {
      expect(deepEqual(a, b)).toBe(equal);
      expect(deepEqual(b, a)).toBe(equal);
    });
  }

  it('takes a copy for equal, and agrees with the text of JSON', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (a, b) => {
        expect(deepEqual(a, structuredClone(a))).toBe(true);
        if (JSON.stringify(a) === JSON.stringify(b)) expect(deepEqual(a, b)).toBe(true);
      }),
    );
  });
});
