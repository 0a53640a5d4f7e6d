import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cached } from '../base/cache.ts';
import { run } from '../base/command.ts';
import { step } from '../progress.ts';

export interface GoProgram {
  readonly name: string;
  /** The title of the build step. */
  readonly title: string;
  readonly version: string;
  /** The folder of its Go module. */
  readonly module: string;
  /** Go variables to stamp at link time, by full name. */
  readonly stamps?: Readonly<Record<string, string>>;
}

/** The path of a static program built from a Go module of ours; built again only when version or module changed. */
export async function goProgram(program: GoProgram): Promise<string> {
  const version = `${program.version}-${await fingerprint(program)}`;
  const directory = await cached(program.name, version, (draft) =>
    step(program.title, async (note) => {
      note('this takes minutes, once');
      await build(program, join(draft, program.name));
    }),
  );
  return join(directory, program.name);
}

async function fingerprint(program: GoProgram): Promise<string> {
  const hash = createHash('sha256').update(JSON.stringify(program.stamps ?? {}));
  for (const file of ['go.mod', 'go.sum', 'main.go'])
    hash.update(await readFile(join(program.module, file)));
  return hash.digest('hex').slice(0, 8);
}

async function build(program: GoProgram, output: string): Promise<void> {
  const stamps = Object.entries(program.stamps ?? {}).map(([name, value]) => `-X ${name}=${value}`);
  const ldflags = ['-s', '-w', ...stamps].join(' ');
  await run(
    'go',
    ['build', '-trimpath', '-buildvcs=false', '-ldflags', ldflags, '-o', output, '.'],
    {
      cwd: program.module,
      env: { CGO_ENABLED: '0', GOFLAGS: '', GOWORK: 'off' },
    },
  );
}
