import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { cpuOf } from '../../../test/support/time/cpu-of.ts';
import { findRegexProblem } from './regex.ts';

// Each row's verdict is RE2's own, unless it says "stricter".
const taken: readonly string[] = [
  '',
  '.*',
  '/books-bought',
  '/api/v[0-9]+/(cart|basket)(/.*)?',
  '^/a$',
  '(?i)/Admin',
  '(?i-s:/a)|/b',
  '(?P<id>\\d+)/(?<name>[\\w.-]+)',
  '[]a]',
  '[^]a]',
  '[a-z\\d_-]',
  '[[:alpha:][:^digit:]]',
  '[[:]',
  '\\p{Lu}\\pN\\P{^Greek}',
  '\\x41\\x{FF}\\x{0000e9}\\012\\377\\0',
  '\\Qa.b\\E',
  'a{2}b{2,}c{2,5}?',
  'a{,2}',
  '{',
  'a{02}',
  'x]}',
  '\\_\\/\\-',
  '日本',
  '[日-本é-\\xff\\x80-日]',
  '()|',
];

const refused: readonly (readonly [string, string])[] = [
  ['(?=a)', 'look-ahead'],
  ['a(?!b)', 'look-ahead'],
  ['(?<=a)b', 'look-behind'],
  ['(?<!a)b', 'look-behind'],
  ['(a)\\1', 'refers back'],
  ['(?P<n>a)(?P=n)', 'reference back'],
  ['(?>a)', 'atomic'],
  ['(?x)a', 'does not support'],
  ['(?i', 'does not support'],
  ['(?-)a', 'does not support'],
  ['(', '"(" without'],
  ['a)', '")" without'],
  ['[a', '"[" without'],
  ['[z-a]', 'before it begins'],
  ['[a-\\d]', 'ends in a set'],
  ['[[:foo:]]', 'no class'],
  ['[\\b]', 'stands for no character'],
  ['*a', 'nothing before'],
  ['a|*', 'nothing before'],
  ['{2}', 'nothing before'],
  ['a**', 'follow one another'],
  ['a{2}{3}', 'follow one another'],
  ['a{3,2}', 'before it begins'],
  ['a{1001}', 'more than 1000'],
  ['(a{100}){100}', 'more than 1000'],
  ['\\', 'backslash'],
  ['\\q', 'no escape'],
  ['\\8', 'no escape'],
  ['\\x{20AC}', '\\x{20AC} is above \\x{FF}'],
  ['[^\\x{10FFFF}]', 'is above'],
  ['[\\x80-\\x{100}]', 'is above'],
  ['\\x{110000}', 'is above'],
  ['\\400', '\\400 is above'],
  ['\\x{}', 'two hexadecimal digits'],
  ['[\\xe0-é]', 'byte by byte'],
  ['[\\xf0-日]', 'byte by byte'],
  ['\\p{Klingon}', 'Unicode class'],
  ['(?P<a>x)(?P<a>y)', 'two groups'],
  ['(?P<>x)', 'not a word'],
  ['(\\pL{500}x){2}', 'too large'],
  ['(((a', '"(" without'],
];

const stricter: readonly (readonly [string, string])[] = [
  ['\\x{00000FF}', 'up to six'],
  ['[ü-\\xd0]', 'before it begins'],
  ['\\Qa', '\\E'],
  ['^*', 'nothing before'],
  ['a'.repeat(2049), 'longer than'],
  [`${'('.repeat(200)}a${')'.repeat(200)}`, 'nested'],
];

describe('findRegexProblem', () => {
  for (const pattern of taken) {
    it(`takes ${JSON.stringify(pattern)}`, () => expect(findRegexProblem(pattern)).toBeUndefined());
  }
  for (const [pattern, why] of [...refused, ...stricter]) {
    const shown = JSON.stringify(pattern.slice(0, 30));
    it(`refuses ${shown}`, () => expect(findRegexProblem(pattern)).toContain(why));
  }

  it('refuses a lone half of a surrogate pair', () => {
    expect(findRegexProblem('\ud800')).toContain('Unicode');
  });

  it('accepts any text as input', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 40 }), (pattern) => {
        expect(['string', 'undefined']).toContain(typeof findRegexProblem(pattern));
      }),
      { numRuns: 300 },
    );
  });

  it('accepts escaped texts, and accepted parts put together', () => {
    const literal = fc
      .string({ maxLength: 8 })
      .map((text) =>
        text.replaceAll(/[^A-Za-z0-9]/g, (one) => `\\x{${one.codePointAt(0)!.toString(16)}}`),
      );
    fc.assert(
      fc.property(fc.array(literal, { minLength: 1 }), (parts) => {
        expect(findRegexProblem(`(?:${parts.join('|')})*/(${parts.join(')?(')})`)).toBeUndefined();
      }),
    );
  });

  it('is quick about a pattern made to be slow', () => {
    const ms = cpuOf(() => {
      findRegexProblem(`${'(a*)*'.repeat(400)}${'['.repeat(40)}`);
      findRegexProblem('[:'.repeat(1000));
    });
    expect(ms).toBeLessThan(1000);
  });

  it.each<readonly [string, (size: number) => string]>([
    ['quotes', (size) => '\\Qa\\E'.repeat(size * 4)],
    ['classes that never end', (size) => `[${'[:'.repeat(size * 10)}]`],
    ['alternatives', (size) => '|'.repeat(size * 20)],
    ['counts that are none', (size) => 'a{1'.repeat(size * 6)],
    ['groups', (size) => '('.repeat(size) + 'a'.repeat(size * 18) + ')'.repeat(size)],
    ['repetitions of repetitions', (size) => '(a+)+$'.repeat(size * 3)],
  ])('reads many %s in about as many steps', (_, ofSize) => {
    const cost = (pattern: string): number => {
      const times = Array.from({ length: 8 }, () =>
        cpuOf(() => {
          for (let time = 0; time < 10; time += 1) findRegexProblem(pattern);
        }),
      );
      return Math.min(...times) / 10;
    };
    const [half, whole] = [cost(ofSize(50)), cost(ofSize(100))];
    // Twice as long takes twice the time; below a millisecond that is not measured.
    expect(whole).toBeLessThan(Math.max(3 * half, 1));
  });
});
