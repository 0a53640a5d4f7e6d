import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { certificateStatusCommand } from '../../src/cli/commands/certificate-status.ts';

const root = join(import.meta.dirname, '../..');
const page = readFileSync(join(root, 'docs/cli.md'), 'utf8');
const source = readFileSync(join(root, 'src/cli/problem.ts'), 'utf8');

/** What stands in code style in the first column of the tables of the page. */
const firstCells = [...page.matchAll(/^\| ([^|]+?) +\|/gm)].flatMap(([, cell = '']) =>
  [...cell.matchAll(/`([^`]+)`/g)].map(([, code = '']) => code),
);

describe('docs/cli.md', () => {
  it('explains every code of a problem and no other', () => {
    const union = /export type ProblemCode =([^;]*);/.exec(source)?.[1] ?? '';
    const codes = [...union.matchAll(/'([a-z-]+)'/g)].map(([, code = '']) => code);
    expect(codes.length).toBeGreaterThan(5);
    const documented = firstCells.filter((cell) => !cell.startsWith('-'));
    expect(documented.toSorted()).toEqual(codes.toSorted());
  });

  it('explains every option and no other', () => {
    const { options } = certificateStatusCommand(() => new AbortController().signal);
    const flags = options.flatMap(({ short, long }) => [short, long]);
    const known = flags.filter((flag) => flag !== undefined);
    const documented = firstCells.filter((cell) => cell.startsWith('-'));
    expect(documented.toSorted()).toEqual(known.toSorted());
  });
});
