// Roots are switched on a real node, while streams are held, things break and proxies do not answer.
import { describe } from '@jest/globals';
import { streamsBegin, streamsHeld } from './held-streams.ts';
import { ownCluster } from './own-cluster.ts';
import { providerSwitches } from './provider-switches.ts';
import { removal } from './removal.ts';
import { rootSwitches } from './root-switches.ts';
import { underLoad } from './under-load.ts';

const { world, empty } = ownCluster('e2e-switches');

describe('streams that are held', () => streamsBegin(world));
describe('a switch of roots', () =>
  underLoad(world, () => {
    providerSwitches(world);
    rootSwitches(world);
  }));
describe('streams held until here', () => streamsHeld(world));
// After the switches the mesh has had several roots and issuers: nothing is left of any.
describe('removal', () => removal(world, empty));
