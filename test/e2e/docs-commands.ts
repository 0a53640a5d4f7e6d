import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { repository } from '../../tools/images/bundle.ts';

/** A command line that the docs tell a reader to type. */
export interface DocsCommand {
  readonly file: string;
  readonly command: string;
}

/** The commands in the shell blocks of a page of Markdown, lines that are continued joined to one. */
export function commandsIn(file: string, markdown: string): readonly DocsCommand[] {
  const blocks = [...markdown.matchAll(/^```(?:sh|bash|shell)\n(.*?)^```/gms)].map(
    ([, block = '']) => block,
  );
  return blocks
    .flatMap((block) => block.replaceAll(/\\\n\s*/g, '').split('\n'))
    .map((line) => line.replace(/(^|\s)#.*$/, '').trim())
    .filter((line) => line !== '')
    .map((command) => ({ file, command }));
}

/** All commands of README.md, CONTRIBUTING.md and the pages right under docs/. */
export async function docsCommands(): Promise<readonly DocsCommand[]> {
  const pages = (await readdir(join(repository, 'docs'))).filter((name) => name.endsWith('.md'));
  const files = ['README.md', 'CONTRIBUTING.md', ...pages.map((name) => `docs/${name}`)];
  const found = await Promise.all(
    files.map(async (file) => commandsIn(file, await readFile(join(repository, file), 'utf8'))),
  );
  return found.flat();
}

/** The commands that no test ran, as `<file>: <command>`. */
export function notRun(
  commands: readonly DocsCommand[],
  ran: ReadonlySet<string>,
): readonly string[] {
  return commands
    .filter(({ command }) => !ran.has(command))
    .map(({ file, command }) => `${file}: ${command}`);
}
