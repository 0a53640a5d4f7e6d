import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cacheRoot } from '../base/cache.ts';
import { type CommandOptions, run, succeeds } from '../base/command.ts';
import { type BaseImage, baseImageTar } from '../parts/base-image.ts';

let storage: Promise<string> | undefined;

/** Runs buildah on a store of our own, beside the cache. */
export async function buildah(
  args: readonly string[],
  options: CommandOptions = {},
): Promise<string> {
  storage ??= storageDriver();
  return run('buildah', [...store(), '--storage-driver', await storage, ...args], options);
}

/** The name of the base image in buildah's store, put there from its tar file if need be. */
export async function baseImage(base: BaseImage): Promise<string> {
  const tar = await baseImageTar(base);
  const version = tar.split('-').at(-1)?.split('/')[0] ?? '';
  const reference = `weft.dev/base/${base}:${version}`;
  const known = await buildah(['images', '--quiet', '--filter', `reference=${reference}`]);
  if (known.trim() !== '') return reference;
  const work = await mkdtemp(join(tmpdir(), 'weft-base-'));
  try {
    await writeFile(join(work, 'Dockerfile'), 'FROM scratch\nADD base.tar /\nCMD ["/bin/sh"]\n');
    await run('cp', ['--reflink=auto', tar, join(work, 'base.tar')]);
    await buildah([
      'bud',
      '--quiet',
      '--isolation',
      'chroot',
      '--timestamp',
      '0',
      '-t',
      reference,
      work,
    ]);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
  return reference;
}

function store(): string[] {
  const root = join(cacheRoot(), 'buildah');
  return ['--root', join(root, 'store'), '--runroot', join(root, 'run')];
}

/** Overlay where the file system allows it, else the slow driver that works everywhere. */
async function storageDriver(): Promise<string> {
  await mkdir(join(cacheRoot(), 'buildah'), { recursive: true });
  const works = await succeeds('buildah', [
    ...store(),
    '--storage-driver',
    'overlay',
    'images',
    '--quiet',
  ]);
  return works ? 'overlay' : 'vfs';
}
