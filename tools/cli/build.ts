/* Builds out/weft, or the file that is named: the program as one file that Node 24 runs by its name. */
import { chmod, rename } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import { runMain } from '../base/main.ts';
import { bundle, repository } from '../images/bundle.ts';
import { say } from '../progress.ts';
import { launcher } from './launcher.ts';

await runMain(async () => {
  const target = resolve(process.argv[2] ?? join(repository, 'out/weft'));
  // Written beside its place and then moved, so that no process runs half a file.
  const draft = `${target}.${process.pid}.draft`;
  await bundle('src/main.ts', relative(repository, draft), launcher);
  await chmod(draft, 0o755);
  await rename(draft, target);
  const name = relative(process.cwd(), target);
  say(`Built ${name}, which needs Node 24. Run it: ${name} certificate status`);
  say(`Where \`node\` in your shell is older: node_modules/.bin/node ${name} certificate status`);
});
