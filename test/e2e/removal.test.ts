// What a node and its Services bring into a mesh, and the mesh's end: removed under load, and uninstalled in any order.
import { describe } from '@jest/globals';
import { noTrace } from './cluster-life.ts';
import { streamsBegin, streamsHeld, streamsHeldAlone } from './held-streams.ts';
import { nodeLife } from './node-life.ts';
import { ownCluster } from './own-cluster.ts';
import { removal } from './removal.ts';
import { abruptRestart } from './rolling-restart.ts';
import { serviceShapes } from './service-shapes.ts';
import { uninstall } from './uninstall.ts';

const { world, empty } = ownCluster('e2e-removal');

describe('streams that are held', () => streamsBegin(world));
describe('pods on their node', () => nodeLife(world));
describe('services', () => serviceShapes(world));
describe('a restart of one that ends at once', () => abruptRestart(world));
describe('streams held until here', () => streamsHeld(world));
describe('removal', () => removal(world, empty));
describe('streams held without a mesh', () => streamsHeldAlone(world));
describe('uninstall in any order', () => uninstall(world));
describe('the machine afterwards', () => noTrace(world));
