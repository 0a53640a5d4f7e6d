/*
 * `make down`: ends the pages and removes the local cluster with everything in it; from a cluster that
 * KUBECONFIG names it removes the demo, the mesh and the operator, and no objects of other users.
 */
import { join } from 'node:path';
import { runMain } from '../base/main.ts';
import { bringDown } from '../cluster/down.ts';
import { repository } from '../images/bundle.ts';
import { say, step } from '../progress.ts';
import { demoCluster } from './demo-cluster.ts';
import { stopForwards } from './forward.ts';
import { givenCluster, type Kubectl } from './kubectl.ts';
import { leaving } from './leaving.ts';

async function remove(kubectl: Kubectl): Promise<void> {
  const gone = ['--ignore-not-found', '--timeout=180s'];
  const path = (file: string): string => join(repository, 'config', file);
  await step('Remove the demo', () =>
    kubectl.run('delete', ...gone, '-f', path('demo/namespaces.yaml')),
  );
  const crd = 'crd/meshconfigs.config.openservicemesh.io';
  const known = await kubectl.run('get', crd, '--ignore-not-found', '-o', 'name');
  if (known !== '') {
    // Before the operator, which removes the objects that it created; a failure here must not remove the operator.
    const meshConfig = ['meshconfig', 'osm-mesh-config', '-n', 'weft-system'];
    await step('Remove the mesh', () => kubectl.run('delete', ...gone, ...meshConfig));
  }
  const { objects, kept } = await leaving(kubectl);
  await step('Remove the operator', () => kubectl.deleteText(objects, gone));
  if (kept.length === 0) return;
  say(
    `The definitions of kinds stay: without them these would be deleted as well: ${kept.join(', ')}`,
  );
}

await runMain(async () => {
  await stopForwards();
  const kubectl = await givenCluster();
  if (kubectl !== undefined) await remove(kubectl);
  await bringDown(demoCluster);
});
