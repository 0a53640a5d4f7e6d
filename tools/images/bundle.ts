import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

/** The top of the work tree. */
export const repository = fileURLToPath(new URL('../..', import.meta.url));

/** So that the file can be run by its name, and CommonJS packages inside it can still call `require`. */
const banner = (interpreter: string): string =>
  [
    `#!${interpreter}`,
    "import { createRequire as makeRequire } from 'node:module';",
    'const require = makeRequire(import.meta.url);',
  ].join('\n');

/**
 * Writes `entry` and all it imports as one ES module for Node 24, to be run by `interpreter`: the
 * image's Node unless told otherwise. Paths are relative to the work tree.
 */
export async function bundle(
  entry: string,
  output: string,
  interpreter = '/usr/local/bin/node',
): Promise<void> {
  await build({
    absWorkingDir: repository,
    entryPoints: [entry],
    outfile: join(repository, output),
    bundle: true,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    banner: { js: banner(interpreter) },
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
