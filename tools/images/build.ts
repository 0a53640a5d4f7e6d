/*
 * Builds the project's images: `node tools/images/build.ts [NAME…] [--load CLUSTER]`, all of them but
 * the issuers' by default; with `--load` they are put into that local cluster.
 */
import { createHash } from 'node:crypto';
import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { cacheRoot, cached } from '../base/cache.ts';
import { runMain } from '../base/main.ts';
import { withLock } from '../base/lock.ts';
import { baseImageTar } from '../parts/base-image.ts';
import { debianPackages, imagePackages } from '../parts/debian.ts';
import { step } from '../progress.ts';
import { baseImage, buildah } from './buildah.ts';
import { repository } from './bundle.ts';
import { contentHash } from './content-hash.ts';
import { loadImages } from './load.ts';
import {
  type Contents,
  type ImageName,
  contextFolder,
  imageName,
  recipes,
  stageImage,
  standardImages,
} from './stage.ts';

/** An image as a file that container runtimes can import. */
export interface BuiltImage {
  readonly reference: string;
  /** A hash of its contents. */
  readonly hash: string;
  readonly archive: string;
}

/** How many builds of one image are kept in the cache. */
const kept = 2;

/** Builds an image if its contents changed. Resolves to its file. */
export async function buildImage(name: ImageName): Promise<BuiltImage> {
  const { reference, contents } = recipes[name];
  // Two builds at once would write the same context folder.
  return withLock(join(repository, `out/image/.${name}.lock`), async () => {
    const files = await contents();
    const hash = await recipeHash(name, files);
    const directory = await cached(`image-${name}`, hash, (draft) =>
      step(`Build image ${name}`, async () => {
        await debianPackages(imagePackages);
        await stageImage(name, files);
        await build(name, join(draft, 'image.tar'));
        await prune(name);
      }),
    );
    return { reference, hash, archive: join(directory, 'image.tar') };
  });
}

/** The hash of the image's contents: files, Dockerfile, base, name and links. */
async function recipeHash(name: ImageName, files: Contents): Promise<string> {
  const { reference, base, links } = recipes[name];
  const memo = join(repository, 'out/image', `.${name}.hashes.json`);
  const content = await contentHash({ ...files, Dockerfile: dockerfile(name) }, memo);
  const setting = [reference, base === undefined ? '' : await baseImageTar(base), links];
  return createHash('sha256')
    .update(JSON.stringify([content, setting]))
    .digest('hex')
    .slice(0, 16);
}

function dockerfile(name: ImageName): string {
  return join(repository, 'images', name, 'Dockerfile');
}

/** Builds several images, one after the other. */
export async function buildImages(names: readonly ImageName[]): Promise<BuiltImage[]> {
  const images: BuiltImage[] = [];
  for (const name of names) images.push(await buildImage(name));
  return images;
}

async function build(name: ImageName, archive: string): Promise<void> {
  const { reference, base } = recipes[name];
  await withLock(join(cacheRoot(), '.buildah.lock'), async () => {
    const from = base === undefined ? [] : ['--build-arg', `BASE=${await baseImage(base)}`];
    const how = [
      '--quiet',
      '--isolation',
      'chroot',
      '--pull-never',
      '--layers',
      '--timestamp',
      '0',
    ];
    await buildah([
      'bud',
      ...how,
      ...from,
      '-f',
      dockerfile(name),
      '-t',
      reference,
      contextFolder(name),
    ]);
    await buildah(['push', '--quiet', reference, `docker-archive:${archive}:${reference}`]);
    // Images without a name, left by the last build of that name; there may be none.
    await buildah(['rmi', '--prune']).catch(() => undefined);
  });
}

/** Removes all but the newest builds, to leave room for one more. */
async function prune(name: ImageName): Promise<void> {
  const own = new RegExp(`^image-${name}-[0-9a-f]{16}$`);
  const builds = (await readdir(cacheRoot())).filter((entry) => own.test(entry));
  const times = await Promise.all(
    builds.map(async (entry) => (await stat(join(cacheRoot(), entry))).mtimeMs),
  );
  const newestFirst = builds
    .map((entry, at) => ({ entry, time: times[at] ?? 0 }))
    .sort((a, b) => b.time - a.time);
  for (const { entry } of newestFirst.slice(kept - 1))
    await rm(join(cacheRoot(), entry), { recursive: true });
}

async function main(): Promise<void> {
  const options = { load: { type: 'string' } } as const;
  const { values, positionals } = parseArgs({ allowPositionals: true, options });
  const names = positionals.length > 0 ? positionals.map(imageName) : standardImages;
  const images = await buildImages(names);
  if (values.load !== undefined) await loadImages(values.load, images);
  for (const { reference, archive } of images) process.stdout.write(`${reference} ${archive}\n`);
}

if (import.meta.main) await runMain(main);
