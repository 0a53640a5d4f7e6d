/* `make demo`: a mesh on a real node, the bookstore on it, and the story of its policies. */
import { join } from 'node:path';
import { runMain } from '../base/main.ts';
import { placeOf } from '../cluster/place.ts';
import { bringUp } from '../cluster/up.ts';
import { buildImages } from '../images/build.ts';
import { repository } from '../images/bundle.ts';
import { loadImages } from '../images/load.ts';
import { elapsed, say, step } from '../progress.ts';
import { demoCluster } from './demo-cluster.ts';
import { forward, stopForwards, type Forward } from './forward.ts';
import { givenCluster, kubectlFor, type Kubectl } from './kubectl.ts';
import { playStory, rewind } from './story.ts';

const ownImages = ['weft', 'weft-init', 'demo', 'envoy'] as const;
const shops = ['bookbuyer', 'bookthief', 'bookstore', 'bookwarehouse'];

/** The cluster of KUBECONFIG when that is set and answers; otherwise the local one, booted if need be. */
async function cluster(): Promise<Kubectl> {
  const kubectl = await givenCluster();
  if (kubectl !== undefined) {
    say(
      `Using the cluster of KUBECONFIG=${kubectl.kubeconfig}; it must be able to pull the images.`,
    );
    return kubectl;
  }
  return localCluster(demoCluster);
}

/** A local cluster with the images of the mesh and the demo, booted if need be. */
export async function localCluster(name: string): Promise<Kubectl> {
  await bringUp(name);
  const images = await buildImages(ownImages);
  await step('Load the images', () => loadImages(name, images));
  return kubectlFor(placeOf(name).kubeconfig);
}

/** The operator and the mesh of config/samples; resolves when it is ready. */
export async function installMesh(kubectl: Kubectl): Promise<void> {
  const path = (file: string): string => join(repository, file);
  say('  $ kubectl apply -k config/default');
  await step('Install the operator', async () => {
    await kubectl.run('apply', '-k', path('config/default'));
    const crd = 'crd/meshconfigs.config.openservicemesh.io';
    await kubectl.run('wait', '--for=condition=Established', crd, '--timeout=30s');
  });
  say('  $ kubectl apply -f config/samples/meshconfig.yaml');
  await step('Deploy the mesh', async (note) => {
    await kubectl.run('apply', '-f', path('config/samples/meshconfig.yaml'));
    note('waiting for the MeshConfig to be Ready');
    const wait = ['--for=condition=Ready', 'meshconfig/osm-mesh-config', '-n', 'weft-system'];
    await kubectl.run('wait', ...wait, '--timeout=180s');
  });
}

/** Deploys the bookstore and its customers; resolves when all of them run. */
export async function openShops(kubectl: Kubectl): Promise<void> {
  await step('Open the bookstore', async (note) => {
    const files = ['namespaces', ...shops].flatMap((f) => ['-f', `config/demo/${f}.yaml`]);
    await kubectl.run('apply', ...files.map((f) => (f === '-f' ? f : join(repository, f))));
    for (const shop of shops) {
      note(`waiting for ${shop}`);
      await kubectl.run('rollout', 'status', '-n', shop, `deployment/${shop}`, '--timeout=180s');
    }
  });
}

function farewell(kubectl: Kubectl, forwards: readonly Forward[]): void {
  say('');
  say('The demo goes on running.');
  for (const { app, url } of forwards) say(`  ${app.padEnd(10)} ${url}`);
  say('Try next:');
  say(`  export KUBECONFIG=${kubectl.kubeconfig}`);
  say('  kubectl get meshconfig -A');
  say('  kubectl get traffictarget,trafficsplit,httproutegroup -A');
  say('  kubectl apply -f config/demo/policies/traffic-access.yaml');
  say('  make demo-switch # moves the mesh to cert-manager, to Vault and back');
  say('  make down        # removes every trace');
}

/** Sets up everything before the story. Resolves to the cluster and the pages for the story. */
export async function prepareDemo(): Promise<{ kubectl: Kubectl; forwards: readonly Forward[] }> {
  const began = Date.now();
  await stopForwards();
  const kubectl = await cluster();
  await installMesh(kubectl);
  await rewind(kubectl);
  await openShops(kubectl);
  const apps = ['bookbuyer', 'bookthief'];
  const forwards = await Promise.all(apps.map((app) => forward(kubectl, app)));
  say(`The mesh is up after ${elapsed(Date.now() - began)}.`);
  return { kubectl, forwards };
}

if (import.meta.main) {
  await runMain(async () => {
    const { kubectl, forwards } = await prepareDemo();
    await playStory(kubectl, forwards);
    farewell(kubectl, forwards);
  });
}
