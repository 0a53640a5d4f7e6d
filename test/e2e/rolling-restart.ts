import { expect, it } from '@jest/globals';
import { eventually } from './eventually.ts';
import { figure } from './figure.ts';
import { describeLoad, underLoad } from './in-pod.ts';
import { applyManifest, rolledOut, setTraffic, type World } from './world.ts';

const url = 'http://bookstore.bookstore.svc.cluster.local:14001/books-bought';

/** The bookstore v1 alone, twice, open to the bookbuyer. */
export async function twoBookstores(world: World): Promise<void> {
  await setTraffic(world, { enablePermissiveTrafficPolicyMode: false });
  await applyManifest(world, '../../../config/demo/policies/traffic-access.yaml');
  await world.kubectl.run('delete', 'trafficsplit', '-n', 'bookstore', '--all');
  await world.kubectl.run('scale', '-n', 'bookstore', 'deployment/bookstore', '--replicas=2');
  await rolledOut(world, 'bookstore', 'deployment/bookstore');
}

/** Names of the pods of bookstore v1, also of those that are on their way out. */
async function storesThere(world: World): Promise<readonly string[]> {
  const args = ['pods', '-n', 'bookstore', '-l', 'app=bookstore,version=v1', '-o', 'name'];
  return (await world.kubectl.run('get', ...args)).trim().split('\n');
}

/** Rolling a deployment under steady load. */
export function rollingRestart(world: () => World): void {
  it('loses no request, neither on kept connections nor on new ones', async () => {
    await twoBookstores(world());
    const before = await storesThere(world());
    const results = await underLoad(world(), url, async () => {
      await world().kubectl.run('rollout', 'restart', '-n', 'bookstore', 'deployment/bookstore');
      await rolledOut(world(), 'bookstore', 'deployment/bookstore');
      await eventually('the old pods are gone', 60_000, async () => {
        const now = await storesThere(world());
        return now.some((pod) => before.includes(pod)) ? undefined : now;
      });
    });
    figure(`rolling restart, kept connections: ${describeLoad(results.keep)}`);
    figure(`rolling restart, new connections: ${describeLoad(results.new)}`);
    expect(results.keep).toMatchObject({ failed: 0, failures: [] });
    expect(results.new).toMatchObject({ failed: 0, failures: [] });
  }, 180_000);
}
