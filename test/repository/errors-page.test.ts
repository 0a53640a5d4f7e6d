import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';

const root = join(import.meta.dirname, '../..');
const page = readFileSync(join(root, 'docs/errors.md'), 'utf8');

/** The literals of the union type of that name in a source file. */
function codes(file: string, type: string): readonly string[] {
  const source = readFileSync(join(root, file), 'utf8');
  const union = new RegExp(`export type ${type} =([^;]*);`).exec(source)?.[1] ?? '';
  return [...union.matchAll(/'([a-z-]+)'/g)].map(([, code = '']) => code);
}

/** The third-level headings below a second-level one. */
function headings(section: string): readonly string[] {
  const text = page.split(/^## /m).find((part) => part.startsWith(`${section}\n`)) ?? '';
  return [...text.matchAll(/^### (.+)$/gm)].map(([, heading = '']) => heading);
}

const sections: readonly (readonly [string, string, string])[] = [
  ['Diagnostics', 'src/policy/diagnostic.ts', 'DiagnosticCode'],
  ['Errors', 'src/common/errors.ts', 'ErrorCode'],
];

describe('docs/errors.md', () => {
  for (const [section, file, type] of sections) {
    it(`explains every ${type} and no other`, () => {
      expect(codes(file, type).length).toBeGreaterThan(5);
      expect([...headings(section)].sort()).toEqual([...codes(file, type)].sort());
    });
  }

  it('gives each a remedy', () => {
    for (const part of page.split(/^### /m).slice(1)) {
      expect([part.split('\n')[0], part.includes('**Remedy**')]).toEqual([
        part.split('\n')[0],
        true,
      ]);
    }
  });
});
