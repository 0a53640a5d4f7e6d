/* Builds out/weft, or the file that is named: the program as one file that Node 24 runs by its name. */
import { chmod, rename } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import { runMain } from '../base/main.ts';
import { bundle, repository } from '../images/bundle.ts';

/** Wherever the reader has Node. */
const interpreter = '/usr/bin/env node';

await runMain(async () => {
  const target = resolve(process.argv[2] ?? join(repository, 'out/weft'));
  // Beside its place, so that nobody runs half a file.
  const draft = `${target}.${process.pid}.draft`;
  await bundle('src/main.ts', relative(repository, draft), interpreter);
  await chmod(draft, 0o755);
  await rename(draft, target);
});
