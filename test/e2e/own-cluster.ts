import { afterAll, beforeAll } from '@jest/globals';
import { run } from '../../tools/base/command.ts';
import { bringUp } from '../../tools/cluster/up.ts';
import { installMesh, localCluster, openShops } from '../../tools/demo/up.ts';
import { repository } from '../../tools/images/bundle.ts';
import { writeCommands } from './commands-run.ts';
import { inventory } from './removal.ts';
import { type ClusterName, openTestCluster, typed, type TestCluster } from './test-cluster.ts';
import { inTurn } from './turns.ts';

/** The cluster of a test file, from before its first test until after its last. */
export interface OwnCluster {
  readonly world: () => TestCluster;
  /** Every object of the cluster before the mesh was installed. */
  readonly empty: () => ReadonlySet<string>;
  /** The output of `make demo`; empty without `story`. */
  readonly demoOutput: () => string;
}

/**
 * Boots a cluster before the tests of the file, installs the mesh and the bookstore, and removes the cluster after the
 * tests. It first removes the cluster that a killed run left. With `story`, `make demo` does this and plays its story.
 */
export function ownCluster(name: ClusterName, { story = false } = {}): OwnCluster {
  let opened: TestCluster | undefined;
  let empty: ReadonlySet<string> = new Set();
  let demoOutput = '';
  const world = (): TestCluster => {
    if (opened === undefined) throw new Error('there is no cluster');
    return opened;
  };

  const open = async (): Promise<void> => {
    await removeAll(name);
    await bringUp(name);
    opened = await openTestCluster(name);
    empty = await inventory(opened);
    if (story) demoOutput = await typed(opened, 'make demo');
    else await openDemo(name);
  };

  // `make demo` waits for traffic for half a minute: other test files would wait for that time, too.
  beforeAll(() => (story ? open() : inTurn(open)), 600_000);

  afterAll(async () => {
    if (opened !== undefined) await writeCommands(name, opened.ran);
    await opened?.close();
    await removeAll(name);
  }, 120_000);

  return { world, empty: () => empty, demoOutput: () => demoOutput };
}

/** As `make down`: also the pages of a demo on that cluster. */
async function removeAll(name: ClusterName): Promise<void> {
  const env = { WEFT_CLUSTER: name, KUBECONFIG: '' };
  await run(process.execPath, ['tools/demo/down.ts'], { cwd: repository, env });
}

/** The demo without its story. */
async function openDemo(name: ClusterName): Promise<void> {
  const kubectl = await localCluster(name);
  await installMesh(kubectl);
  await openShops(kubectl);
}
