import { globSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { decisionRecords } from '../../tools/docs/decision-records.ts';

const repository = join(import.meta.dirname, '../..');
const text = (file: string): string => readFileSync(join(repository, file), 'utf8');
const records = decisionRecords();
const files = new Set(records.map(({ file }) => file));

/** The files of records that a text links to. */
function linksIn(markdown: string): readonly string[] {
  return [...markdown.matchAll(/\]\((?:[\w./-]*\/)?(\d{4}-[\w-]+\.md)\)/g)].map(
    ([, file = '']) => file,
  );
}

/** What the records decide about: code, and what is installed. */
const governed = globSync('{src,tools,config,images}/**/*', {
  cwd: repository,
  withFileTypes: true,
  exclude: ({ name }) => name === 'gen' || name === 'testdata' || /\.(test\.ts|md)$/.test(name),
})
  .filter((entry) => entry.isFile())
  .map((entry) => relative(repository, join(entry.parentPath, entry.name)));

/** Records about how people work, which no file carries out. */
const aboutPeople: readonly number[] = [];

/** References in the form `docs/decisions/0123`, by the number of the record. */
function referencesIn(source: string): readonly number[] {
  return [...source.matchAll(/docs\/decisions\/(\d+)/g)].map(([, number]) => Number(number));
}

describe('the decision records', () => {
  it('have the number of their file, each its own', () => {
    const numbers = records.map(({ number }) => String(number).padStart(4, '0'));
    expect(records.map(({ file }) => file.slice(0, 4))).toEqual(numbers);
    expect(new Set(numbers).size).toBe(numbers.length);
  });

  it('say a decision in their title: none asks what, who, when or how', () => {
    const asking = records.filter(({ title }) => /^(what|who|whose|when|how)\b/i.test(title));
    expect(asking.map(({ title }) => title)).toEqual([]);
  });

  it('are there wherever a page links to one', () => {
    const pages = globSync(['*.md', '{docs,src,test,tools,config,images}/**/*.md'], {
      cwd: repository,
    });
    const linked = pages.flatMap((page) => linksIn(text(page)).map((file) => ({ page, file })));
    expect(linked.length).toBeGreaterThan(100);
    expect(linked.filter(({ file }) => !files.has(file))).toEqual([]);
  });

  it('point at each other where one changed another', () => {
    const statusOf = new Map(records.map(({ file, status }) => [file, linksIn(status)]));
    const oneWay = [...statusOf].flatMap(([file, links]) =>
      links.filter((other) => !statusOf.get(other)?.includes(file)).map((other) => [file, other]),
    );
    expect(oneWay).toEqual([]);
  });

  it('in force are named where they hold, in src, tools, config or images', () => {
    const named = new Set(governed.flatMap((file) => referencesIn(text(file))));
    const missing = records.filter(
      ({ number, status }) =>
        status.startsWith('in force') && !aboutPeople.includes(number) && !named.has(number),
    );
    expect(missing.map(({ file }) => file)).toEqual([]);
    expect(aboutPeople.filter((number) => named.has(number))).toEqual([]);
  });

  it('are there wherever a file names one', () => {
    const known = new Set(records.map(({ number }) => number));
    const tests = globSync('test/**/*.ts', { cwd: repository });
    const unknown = [...governed, ...tests].flatMap((file) =>
      referencesIn(text(file))
        .filter((number) => !known.has(number))
        .map((number) => ({ file, number })),
    );
    expect(unknown).toEqual([]);
  });
});
