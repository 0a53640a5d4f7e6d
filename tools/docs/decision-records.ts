import { globSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { repository } from '../images/bundle.ts';

export interface DecisionRecord {
  readonly file: string;
  readonly number: number;
  readonly title: string;
  /** The text after "**Status.**"; a record without it is in force. */
  readonly status: string;
}

/** The folder of the decision records. */
export const recordsFolder = join(repository, 'docs/decisions');

/** The decision records, by number. Throws where the title of one is not `# <number>. <title>`. */
export function decisionRecords(): readonly DecisionRecord[] {
  return globSync('[0-9]*.md', { cwd: recordsFolder })
    .map((file) => readRecord(basename(file)))
    .sort((a, b) => a.number - b.number);
}

function readRecord(file: string): DecisionRecord {
  const text = readFileSync(join(recordsFolder, file), 'utf8');
  const [, number = '', title = ''] = /^# (\d+)\. (.+)$/m.exec(text) ?? [];
  if (number === '')
    throw new Error(`docs/decisions/${file} does not begin with "# <number>. <title>"`);
  const status = /^\*\*Status\.\*\* (.+?)\n\n/ms.exec(text)?.[1] ?? 'in force';
  return { file, number: Number(number), title, status: status.replaceAll('\n', ' ') };
}
