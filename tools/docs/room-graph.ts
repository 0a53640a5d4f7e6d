/* Draws the rooms and their imports into docs/architecture.md; with --check only says whether it is current. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from '../base/command.ts';
import { repository } from '../images/bundle.ts';

interface Cruise {
  readonly modules: readonly {
    readonly source: string;
    readonly dependencies: readonly { readonly resolved: string }[];
  }[];
}

const begin = '<!-- drawn by `make generate` from the imports; do not edit -->';
const end = '<!-- end of the drawing -->';

function roomOf(path: string): string | undefined {
  const room = /^src\/([^/]+)\//.exec(path)?.[1];
  return room ?? (path === 'src/main.ts' ? 'main' : undefined);
}

/** Every import from one room into another, as mermaid; imports of `common` are left out: all have them. */
function draw(cruise: Cruise): string {
  const arrows = new Set<string>();
  for (const { source, dependencies } of cruise.modules) {
    const from = roomOf(source);
    for (const { resolved } of dependencies) {
      const to = roomOf(resolved);
      if (from === undefined || to === undefined || from === to || to === 'common') continue;
      arrows.add(`  ${from} --> ${to}`);
    }
  }
  return ['```mermaid', 'flowchart TD', ...[...arrows].sort(), '```'].join('\n');
}

const args = ['--config', '.dependency-cruiser.mjs', 'src', '--include-only', '^src'];
const json = await run(
  join(repository, 'node_modules/.bin/depcruise'),
  [...args, '--exclude', '\\.test\\.ts$', '--output-type', 'json'],
  { cwd: repository },
);
const page = join(repository, 'docs/architecture.md');
const text = readFileSync(page, 'utf8');
const [before = '', rest = ''] = text.split(begin);
const after = rest.split(end)[1] ?? '\n';
const drawn = `${before}${begin}\n\n${draw(JSON.parse(json) as Cruise)}\n\n${end}${after}`;
if (drawn === text) process.exit(0);
if (process.argv.includes('--check')) {
  process.stderr.write('docs/architecture.md: the drawing is out of date; run `make generate`\n');
  process.exit(1);
}
writeFileSync(page, drawn);
