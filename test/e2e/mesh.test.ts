// The mesh on a real node, from the first command of the README to the last: in this order, for each
// part leaves the mesh as the next one may find it. Every part has a file of its own.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { run } from '../../tools/base/command.ts';
import { bringDown } from '../../tools/cluster/down.ts';
import { bringUp } from '../../tools/cluster/up.ts';
import { repository } from '../../tools/images/bundle.ts';
import { caseH } from './case-h.ts';
import { demo, noTrace } from './cluster-life.ts';
import { commandLine } from './command-line.ts';
import { controlPlaneAway } from './control-plane-away.ts';
import { docsCommands, notRun } from './docs-commands.ts';
import { drift } from './drift.ts';
import {
  additions,
  additionsHeld,
  revocation,
  streamsBegin,
  streamsHeld,
  streamsHeldAlone,
} from './held-streams.ts';
import { joining } from './joining.ts';
import { kubectlView } from './kubectl-view.ts';
import { nodeLife } from './node-life.ts';
import { podLife } from './pod-life.ts';
import { policyLatency } from './policy-latency.ts';
import { inventory, removal } from './removal.ts';
import { abruptRestart, rollingRestart } from './rolling-restart.ts';
import { serviceShapes } from './service-shapes.ts';
import { switches } from './switches.ts';
import { uninstall } from './uninstall.ts';
import { wire } from './handshakes.ts';
import { clusterName, environment, openTestCluster, type TestCluster } from './test-cluster.ts';

let opened: TestCluster | undefined;
let emptyCluster: ReadonlySet<string> = new Set();
let demoOutput = '';

function world(): TestCluster {
  if (opened === undefined) throw new Error('there is no cluster');
  return opened;
}

beforeAll(async () => {
  await bringDown(clusterName);
  await bringUp(clusterName);
  opened = await openTestCluster();
  emptyCluster = await inventory(opened);
  // Its first line of the docs is `make demo`; typed here, for all that follows needs it.
  const command = 'make demo';
  demoOutput = await run('bash', ['-c', command], {
    cwd: repository,
    env: environment(opened, command),
  });
  opened.ran.add(command);
}, 600_000);

afterAll(async () => {
  await opened?.close();
  await bringDown(clusterName);
}, 120_000);

describe('the demo', () => demo(world, () => demoOutput));
describe('an application joins', () => joining(world));
describe('streams that are held', () => streamsBegin(world));
describe('streams while others are added', () => additions(world));
describe('kubectl', () => kubectlView(world));
describe('the command weft', () => commandLine(world));
describe('a policy edit', () => policyLatency(world));
describe('streams after others were added', () => additionsHeld(world));
describe('a rolling restart under load', () => rollingRestart(world));
describe('the control plane under load', () => controlPlaneAway(world));
describe('what Ready says', () => caseH(world));
describe('the wire', () => wire(world));
describe('pods with sidecars', () => podLife(world));
describe('pods on their node', () => nodeLife(world));
describe('services', () => serviceShapes(world));
describe('a restart of one that ends at once', () => abruptRestart(world));
describe('drift', () => drift(world));
describe('a switch of roots', () => switches(world));
describe('streams held until here', () => streamsHeld(world));
describe('streams of a client that is revoked', () => revocation(world));
describe('removal', () => removal(world, () => emptyCluster));
describe('streams held without a mesh', () => streamsHeldAlone(world));
describe('uninstall in any order', () => uninstall(world));
describe('the machine afterwards', () => noTrace(world));

describe('the docs', () => {
  it('tell nobody to type a command that nothing here has run', async () => {
    // This suite is a part of it.
    const ran = new Set([...world().ran, 'make test']);
    expect(notRun(await docsCommands(), ran)).toEqual([]);
  });
});
