import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, type BuildOptions } from 'esbuild';

/** The top of the work tree. */
export const repository = fileURLToPath(new URL('../..', import.meta.url));

/** The format of a file, and its first lines. */
export type Form = Required<Pick<BuildOptions, 'format' | 'banner'>>;

/** An ES module for the image's Node. CommonJS packages inside it can still call `require`. */
const imageForm: Form = {
  format: 'esm',
  banner: {
    js: [
      '#!/usr/local/bin/node',
      "import { createRequire as makeRequire } from 'node:module';",
      'const require = makeRequire(import.meta.url);',
    ].join('\n'),
  },
};

/**
 * Writes `entry` and all it imports as one file for Node 24, which can be run by its name: in the image unless
 * told otherwise. Paths are relative to the work tree.
 */
export async function bundle(entry: string, output: string, form: Form = imageForm): Promise<void> {
  await build({
    absWorkingDir: repository,
    entryPoints: [entry],
    outfile: join(repository, output),
    bundle: true,
    platform: 'node',
    target: 'node24',
    ...form,
    legalComments: 'eof',
    // A process keeps the text of its program in memory, at two bytes a character.
    minifyWhitespace: true,
    charset: 'ascii',
    // Of this package only the reading of kubeconfig files is used; its index has 20 MB of models.
    alias: {
      '@kubernetes/client-node': join(
        repository,
        'node_modules/@kubernetes/client-node/dist/config.js',
      ),
    },
    logLevel: 'error',
  });
}
