import { expect, it } from '@jest/globals';
import { shapesClient } from './guests.ts';
import { bothKinds, failuresUnder } from './in-pod.ts';
import {
  applyManifest,
  rolledOut,
  setTraffic,
  kubectlPace,
  type TestCluster,
} from './test-cluster.ts';
import { until } from '../support/time/until.ts';

const url = 'http://bookstore.bookstore.svc.cluster.local:14001/books-bought';

/** The bookstore v1 alone, twice, open to the bookbuyer. */
export async function twoBookstores(world: TestCluster): Promise<void> {
  await setTraffic(world, { enablePermissiveTrafficPolicyMode: false });
  await applyManifest(world, '../../../config/demo/policies/traffic-access.yaml');
  await world.kubectl.run('delete', 'trafficsplit', '-n', 'bookstore', '--all');
  await world.kubectl.run('scale', '-n', 'bookstore', 'deployment/bookstore', '--replicas=2');
  await rolledOut(world, 'bookstore', 'deployment/bookstore');
}

/** Names of the pods of bookstore v1, also of those that are on their way out. */
async function storesThere(world: TestCluster): Promise<readonly string[]> {
  const args = ['pods', '-n', 'bookstore', '-l', 'app=bookstore,version=v1', '-o', 'name'];
  return (await world.kubectl.run('get', ...args)).trim().split('\n');
}

/** Rolling a deployment under steady load. */
export function rollingRestart(world: () => TestCluster): void {
  it('loses no request, neither on kept connections nor on new ones, nor slow ones under way', async () => {
    await twoBookstores(world());
    const before = await storesThere(world());
    const slow = 'http://bookstore.bookstore.svc.cluster.local:14001/buy-a-book/new';
    const failures = await failuresUnder(world(), 'rolling restart', {
      plans: { ...bothKinds(url), 'slow on kept': { url: slow, connections: 'keep' } },
      work: async () => {
        await world().kubectl.run('rollout', 'restart', '-n', 'bookstore', 'deployment/bookstore');
        await rolledOut(world(), 'bookstore', 'deployment/bookstore');
        await until(
          async () => {
            const now = await storesThere(world());
            return now.some((pod) => before.includes(pod)) ? undefined : now;
          },
          { what: 'the old pods are gone', withinMs: 60_000, ...kubectlPace },
        );
      },
    });
    expect(failures).toEqual([]);
  }, 180_000);
}

/** Rolling the one replica of an application that ends at once at the stop signal; after serviceShapes. */
export function abruptRestart(world: () => TestCluster): void {
  it('loses no request of an application that ends at once, and has one replica', async () => {
    await setTraffic(world(), { enablePermissiveTrafficPolicyMode: true });
    const at = { url: 'http://ports.shapes:8080/a', from: shapesClient };
    const failures = await failuresUnder(world(), 'restart of an abrupt application', {
      plans: { kept: { ...at, connections: 'keep' }, new: { ...at, connections: 'new' } },
      work: async () => {
        await world().kubectl.run('rollout', 'restart', '-n', 'shapes', 'deployment/server');
        await rolledOut(world(), 'shapes', 'deployment/server');
        await until(
          async () => {
            const args = ['pods', '-n', 'shapes', '-l', 'app=server', '-o', 'name'];
            const names = (await world().kubectl.run('get', ...args)).trim().split('\n');
            return names.length === 1;
          },
          { what: 'the old pod is gone', withinMs: 60_000, ...kubectlPace },
        );
      },
    });
    expect(failures).toEqual([]);
  }, 180_000);
}
