/* Lists the decision records in docs/decisions/README.md, by number, each with its status. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { decisionRecords, recordsFolder } from './decision-records.ts';

const rows = decisionRecords().map(
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
writeFileSync(join(recordsFolder, 'README.md'), page);
