import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { ItemSplitter } from './list-items.ts';

/** The list put together again from what came out, its text cut into pieces of so many bytes. */
function through(text: string, size: number): unknown {
  const items: unknown[] = [];
  const splitter = new ItemSplitter((item) => items.push(item));
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += size) splitter.push(bytes.subarray(at, at + size));
  const rest = splitter.end() as { items?: unknown };
  return Array.isArray(rest.items) ? { ...rest, items } : rest;
}

describe('ItemSplitter', () => {
  it.each([
    ['no items', { metadata: { resourceVersion: '1' }, items: [] }],
    ['null', { metadata: { resourceVersion: '1' }, items: null }],
    ['none at all', { metadata: { resourceVersion: '1' } }],
    ['brackets in text', { metadata: {}, items: [{ a: '}],[{\\"' }, { 'b"]': ['ü', '\\'] }] }],
    ['metadata behind', { items: [{ a: [[{}]] }], metadata: { continue: 'x' } }],
  ])('gives a list with %s as it is', (_, list) => {
    for (const size of [1, 7, 1_000]) {
      expect(through(JSON.stringify(list), size)).toEqual(list);
      expect(through(JSON.stringify(list, undefined, 2), size)).toEqual(list);
    }
  });

  it('gives any list as it is, in pieces of any size', () => {
    const item = fc.dictionary(fc.string(), fc.jsonValue());
    const metadata = fc.dictionary(fc.constantFrom('resourceVersion', 'continue'), fc.string());
    fc.assert(
      fc.property(
        fc.array(item),
        metadata,
        fc.integer({ min: 1, max: 64 }),
        (items, meta, size) => {
          const text = JSON.stringify({ kind: 'List', metadata: meta, items });
          expect(through(text, size)).toEqual(JSON.parse(text));
        },
      ),
    );
  });

  it('throws on a text that is no JSON', () => {
    expect(() => through('{"items":[{"a":}]}', 3)).toThrow(SyntaxError);
    expect(() => through('{"items":[{"a":1}', 3)).toThrow(SyntaxError);
  });
});
