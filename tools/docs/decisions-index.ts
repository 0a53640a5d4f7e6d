/* Lists the decision records in docs/decisions/README.md, by number, each with its status. */
import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { repository } from '../images/bundle.ts';

interface DecisionRecord {
  readonly file: string;
  readonly number: number;
  readonly title: string;
  /** What the record says of itself after "**Status.**"; a record that says nothing is in force. */
  readonly status: string;
}

const folder = join(repository, 'docs/decisions');

function readRecord(file: string): DecisionRecord {
  const text = readFileSync(join(folder, file), 'utf8');
  const [, number = '', title = ''] = /^# (\d+)\. (.+)$/m.exec(text) ?? [];
  if (number === '')
    throw new Error(`docs/decisions/${file} does not begin with "# <number>. <title>"`);
  const status = /^\*\*Status\.\*\* (.+)$/m.exec(text)?.[1] ?? 'in force';
  return { file, number: Number(number), title, status };
}

const records = globSync('[0-9]*.md', { cwd: folder })
  .map((file) => readRecord(basename(file)))
  .sort((a, b) => a.number - b.number);
const rows = records.map(
  ({ file, number, title, status }) => `| ${number} | [${title}](${file}) | ${status} |`,
);
const page = `# Decisions

What was decided, why, and what else was weighed. A record is not rewritten when a later one replaces it: it says so in its
status. Numbers that are missing were never used. Made by \`make generate\`.

<!-- prettier-ignore -->
| | decision | status |
| --- | --- | --- |
${rows.join('\n')}
`;
writeFileSync(join(folder, 'README.md'), page);
