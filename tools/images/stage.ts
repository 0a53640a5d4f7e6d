/* Puts the files of images where their Dockerfiles expect them: `node tools/images/stage.ts NAME…`. */
import { chmod, copyFile, link, mkdir, readFile, rm, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { cached } from '../base/cache.ts';
import { runMain } from '../base/main.ts';
import { run } from '../base/command.ts';
import type { BaseImage } from '../parts/base-image.ts';
import { certManager, certManagerVersion } from '../parts/cert-manager.ts';
import { coredns, corednsVersion } from '../parts/coredns.ts';
import { debianPackages, imagePackages } from '../parts/debian.ts';
import { envoyBinary, envoyVersion } from '../parts/envoy.ts';
import { openbao, openbaoVersion } from '../parts/openbao.ts';
import { bundle, repository } from './bundle.ts';

/** The contents of an image: the path of each file, by its name inside the context folder. */
export type Contents = Readonly<Record<string, string>>;

export interface ImageRecipe {
  /** The image's name in manifests. */
  readonly reference: string;
  /** The base image; undefined for images from scratch. */
  readonly base?: BaseImage;
  readonly contents: () => Promise<Contents>;
  /** Symbolic links in the image: the target of each, by its path. */
  readonly links?: Readonly<Record<string, string>>;
}

/** The images that are built when none is named. */
export const standardImages = ['weft', 'weft-init', 'demo', 'envoy', 'pause', 'coredns'] as const;

/** The certificate issuers of a local cluster; the first build of one takes minutes. */
export const issuerImages = ['cert-manager', 'openbao'] as const;

export const imageNames = [...standardImages, ...issuerImages] as const;
export type ImageName = (typeof imageNames)[number];

const { version } = JSON.parse(await readFile(join(repository, 'package.json'), 'utf8')) as {
  version: string;
};

/** The programs of the demo, each at the root of the image as in OSM's demo. */
const demoNames = ['bookbuyer', 'bookthief', 'bookstore', 'bookwarehouse'];

/** Every image of the project; `images/NAME/Dockerfile` says how its contents become an image. */
export const recipes: Readonly<Record<ImageName, ImageRecipe>> = {
  weft: {
    reference: `weft.dev/weft:${version}`,
    base: 'runtime',
    contents: () => program('src/main.ts', 'weft.mjs'),
  },
  demo: {
    reference: `weft.dev/demo:${version}`,
    base: 'runtime',
    contents: () => program('demo/main.ts', 'demo.mjs'),
    links: Object.fromEntries(demoNames.map((name) => [`names/${name}`, '/app/demo.mjs'])),
  },
  'weft-init': {
    reference: `weft.dev/weft-init:${version}`,
    base: 'iptables',
    contents: () =>
      Promise.resolve({ 'weft-init': join(repository, 'images/weft-init/weft-init') }),
  },
  envoy: {
    reference: `docker.io/envoyproxy/envoy:v${envoyVersion}`,
    base: 'runtime',
    contents: async () => ({ envoy: await envoyBinary() }),
  },
  pause: { reference: 'weft.dev/local/pause:1', contents: async () => ({ pause: await pause() }) },
  coredns: {
    reference: `weft.dev/local/coredns:${corednsVersion}`,
    contents: async () => ({ coredns: await coredns() }),
  },
  'cert-manager': {
    reference: `weft.dev/local/cert-manager:${certManagerVersion}`,
    contents: async () => ({ 'cert-manager': await certManager() }),
  },
  openbao: {
    reference: `weft.dev/local/openbao:${openbaoVersion}`,
    contents: async () => ({ bao: await stripped('bao', openbaoVersion, await openbao()) }),
  },
};

/** Where the image's context folder is. */
export function contextFolder(name: ImageName): string {
  return join(repository, 'out/image', name);
}

/** Fills the image's empty context folder with `contents`. */
export async function stageImage(name: ImageName, contents: Contents): Promise<void> {
  const folder = contextFolder(name);
  await rm(folder, { recursive: true, force: true });
  for (const [inside, source] of Object.entries(contents)) {
    const target = join(folder, inside);
    await mkdir(dirname(target), { recursive: true });
    // A link takes no time; another file system needs a copy.
    await link(source, target).catch(() => copyFile(source, target));
  }
  for (const [inside, leadsTo] of Object.entries(recipes[name].links ?? {})) {
    await mkdir(dirname(join(folder, inside)), { recursive: true });
    await symlink(leadsTo, join(folder, inside));
  }
}

async function program(entry: string, output: string): Promise<Contents> {
  const file = `out/image/${output}`;
  await bundle(entry, file);
  await chmod(join(repository, file), 0o755);
  const source = join(repository, 'node_modules/node/bin/node');
  const node = await stripped('node', process.versions.node, source);
  return { node, [output]: join(repository, file) };
}

/** A program without its symbol table, which is a seventh of Node and more of a Go program. */
async function stripped(name: string, programVersion: string, source: string): Promise<string> {
  const directory = await cached(`${name}-stripped`, programVersion, async (draft) => {
    await debianPackages(imagePackages);
    await run('strip', ['-o', join(draft, name), source]);
  });
  return join(directory, name);
}

async function pause(): Promise<string> {
  const directory = await cached('pause', '1', async (draft) => {
    await debianPackages(imagePackages);
    const source = join(repository, 'images/pause/pause.c');
    await run('gcc', [
      '-static',
      '-Os',
      '-s',
      '-Wall',
      '-Werror',
      '-o',
      join(draft, 'pause'),
      source,
    ]);
  });
  return join(directory, 'pause');
}

/** The image of that name, or an error that lists the names. */
export function imageName(text: string): ImageName {
  const name = imageNames.find((known) => known === text);
  if (name === undefined)
    throw new Error(`no image is called ${text}; there are ${imageNames.join(', ')}`);
  return name;
}

async function main(): Promise<void> {
  for (const name of process.argv.slice(2).map(imageName)) {
    await stageImage(name, await recipes[name].contents());
    process.stdout.write(`${contextFolder(name)}\n`);
  }
}

if (import.meta.main) await runMain(main);
