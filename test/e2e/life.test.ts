// The life of a mesh on a real node, from the first command of the README on. The order matters: each part starts with
// the mesh as the part before it left it. Each part is in a separate file.
import { describe } from '@jest/globals';
import { caseH, heartbeat, operatorAway } from './case-h.ts';
import { demo, noTrace } from './cluster-life.ts';
import { commandLine } from './command-line.ts';
import { controlPlaneAway } from './control-plane-away.ts';
import { drift } from './drift.ts';
import { wire } from './handshakes.ts';
import { additions, additionsHeld, revocation, streamsBegin, streamsHeld } from './held-streams.ts';
import { joining } from './joining.ts';
import { kubectlView } from './kubectl-view.ts';
import { ownCluster } from './own-cluster.ts';
import { podLife } from './pod-life.ts';
import { policyLatency } from './policy-latency.ts';
import { rollingRestart } from './rolling-restart.ts';

const { world, demoOutput } = ownCluster('e2e-life', { story: true });

describe('the demo', () => demo(world, demoOutput));
describe('an application joins', () => joining(world));
describe('streams that are held', () => streamsBegin(world));
describe('streams while others are added', () => additions(world));
describe('kubectl', () => kubectlView(world));
describe('the command weft', () => commandLine(world));
describe('the control plane under load', () => controlPlaneAway(world));
describe('streams after others were added', () => additionsHeld(world));
describe('a policy edit', () => policyLatency(world));
describe('what Ready says', () => caseH(world));
describe('drift', () => drift(world));
// The parts from here to the heartbeat need no operator. They fill the two minutes for which it must be away.
describe('the operator goes', () => operatorAway(world));
describe('a rolling restart under load', () => rollingRestart(world));
describe('the wire', () => wire(world));
describe('pods with sidecars', () => podLife(world));
describe('streams held until here', () => streamsHeld(world));
describe('streams of a client that is revoked', () => revocation(world));
describe('the operator comes back', () => heartbeat(world));
describe('the machine afterwards', () => noTrace(world));
