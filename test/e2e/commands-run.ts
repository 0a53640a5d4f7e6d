import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { repository } from '../../tools/images/bundle.ts';
import { type ClusterName, clusterNames } from './test-cluster.ts';

/** One file for each cluster, with the commands that its test file ran; docs-run.test.ts reads all of them. */
const folder = join(repository, 'out/test/e2e-commands');

const fileOf = (name: ClusterName): string => join(folder, `${name}.json`);

/** Removes the records of earlier runs. */
export async function forgetCommands(): Promise<void> {
  await rm(folder, { recursive: true, force: true });
}

/** Records the commands that a test file ran. */
export async function writeCommands(name: ClusterName, ran: ReadonlySet<string>): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeFile(fileOf(name), JSON.stringify([...ran]));
}

/** The commands that all test files ran in the last run; throws when the record of a file is missing. */
export async function readCommands(): Promise<ReadonlySet<string>> {
  const lists = await Promise.all(
    clusterNames.map(async (name) => {
      const text = await readFile(fileOf(name), 'utf8').catch((cause: unknown) => {
        const what = `the tests of cluster ${name} recorded no commands: \`make e2e\` runs them first`;
        throw new Error(what, { cause });
      });
      return JSON.parse(text) as string[];
    }),
  );
  return new Set(lists.flat());
}
