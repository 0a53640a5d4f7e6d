import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { installIssuers, type Issuers } from '../../tools/issuers/up.ts';
import { type Load, prepareLoad, startLoad } from '../load/load.ts';
import { figure } from './figure.ts';
import { openOutside } from './guests.ts';
import { twoBookstores } from './rolling-restart.ts';
import { hasten } from './switch-steps.ts';
import type { TestCluster } from './test-cluster.ts';

/** Requests a second. Other test files use the machine at the same time. */
const rate = 60;

/** Declares the tests of `during`, which run under steady load, and a test that no request of the load failed. */
export function underLoad(world: () => TestCluster, during: () => void): void {
  let issuers: Issuers | undefined;
  let load: Load | undefined;

  beforeAll(async () => {
    await Promise.all([hasten(world()), twoBookstores(world())]);
    issuers = await installIssuers(world().place.name);
    await Promise.all([prepareLoad(world()), openOutside(world())]);
    load = await startLoad(world(), { rate });
  }, 300_000);

  afterAll(async () => {
    await issuers?.close();
    await world().kubectl.run('delete', 'namespace', 'load', 'cert-manager', 'openbao');
  }, 120_000);

  during();

  it('in all of this no request failed', async () => {
    const totals = (await load?.stop()) ?? {};
    for (const [kind, { sent, failed, p99, firstFailures }] of Object.entries(totals)) {
      const reasons = firstFailures.map(({ atMs, reason }) => `${atMs} ${reason}`).join('; ');
      figure(`switches, ${kind}: ${failed} of ${sent} failed, p99 ${p99} ms ${reasons}`);
    }
    expect(Object.values(totals).map(({ failed }) => failed)).toEqual(
      Object.values(totals).map(() => 0),
    );
  }, 120_000);
}
