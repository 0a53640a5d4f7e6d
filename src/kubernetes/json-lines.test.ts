import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { LineSplitter } from './json-lines.ts';

it('gives the same lines wherever the bytes are cut', () => {
  const line = fc.string({ unit: 'grapheme' }).filter((text) => !/[\n\r]/.test(text));
  fc.assert(
    fc.property(fc.array(line, { minLength: 1 }), fc.array(fc.nat(200)), (lines, cuts) => {
      const bytes = Buffer.from(lines.map((text) => `${text}\n`).join(''));
      const splitter = new LineSplitter();
      const found: string[] = [];
      let from = 0;
      for (const cut of [...cuts, bytes.length]) {
        const to = Math.min(from + cut, bytes.length);
        if (to > from) found.push(...splitter.push(bytes.subarray(from, to)));
        from = to;
      }
      expect(found).toEqual(lines);
      expect(splitter.partial).toBe(false);
    }),
  );
});

it('keeps what no newline has ended yet', () => {
  const splitter = new LineSplitter();
  expect(splitter.push(Buffer.from('a\nb'))).toEqual(['a']);
  expect(splitter.partial).toBe(true);
  expect(splitter.push(Buffer.from('c\n'))).toEqual(['bc']);
});
