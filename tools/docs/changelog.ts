/* `make changelog`: folds the fragments of unreleased changes into CHANGELOG.md, under the package's version. */
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { repository } from '../images/bundle.ts';

const kinds = ['added', 'changed', 'fixed', 'security', 'removed'] as const;
const folder = join(repository, 'docs/changes/unreleased');
const page = join(repository, 'CHANGELOG.md');

interface Fragment {
  readonly file: string;
  readonly kind: (typeof kinds)[number];
  readonly text: string;
}

function read(file: string): Fragment {
  const text = readFileSync(join(folder, file), 'utf8').trim();
  const kind = kinds.find((k) => text.startsWith(`${k}:`));
  if (kind === undefined)
    throw new Error(`${file} must begin with one of ${kinds.join(', ')} and a colon`);
  return {
    file,
    kind,
    text: text
      .slice(kind.length + 1)
      .replaceAll(/\s+/g, ' ')
      .trim(),
  };
}

const { version } = JSON.parse(readFileSync(join(repository, 'package.json'), 'utf8')) as {
  version: string;
};
const fragments = readdirSync(folder).sort().map(read);
if (fragments.length === 0) throw new Error('there is no fragment to fold');
const sections = kinds.flatMap((kind) => {
  const lines = fragments.filter((f) => f.kind === kind).map((f) => `- ${f.text}`);
  return lines.length === 0
    ? []
    : [`### ${kind[0]?.toUpperCase() ?? ''}${kind.slice(1)}`, '', ...lines, ''];
});
const old = readFileSync(page, 'utf8');
const at = old.indexOf('\n## ');
const [head, tail] = at < 0 ? [`${old.trimEnd()}\n`, ''] : [old.slice(0, at), old.slice(at)];
writeFileSync(page, `${head}\n## ${version}\n\n${sections.join('\n').trimEnd()}\n${tail}`);
for (const { file } of fragments) rmSync(join(folder, file));
