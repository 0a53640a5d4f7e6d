import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
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
});
