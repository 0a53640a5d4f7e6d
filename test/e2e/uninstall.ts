import { join } from 'node:path';
import { beforeEach, expect, it } from '@jest/globals';
import { repository } from '../../tools/images/bundle.ts';
import { figure } from './figure.ts';
import { applyManifest, typed, kubectlPace, type TestCluster } from './test-cluster.ts';
import { until } from '../support/time/until.ts';

// Uninstalling in the wrong order, on a cluster that no other test needs. The feature test
// operator/uninstall.test.ts has more orders; here kubelets, real pods and the real garbage collector take part.

const system = 'weft-system';
const installed = join(repository, 'config/default');
const boundMs = 120_000;
const leftovers =
  /^(crd|customresourcedefinition|mutatingweb|validatingweb|validatingadm|namespace|clusterrole).*(weft|openservicemesh|smi-spec)/;

/** What is left of the install in the whole cluster, and of the sidecars' ConfigMaps. */
async function left({ kubectl }: TestCluster): Promise<readonly string[]> {
  const kinds = [
    ...['crd', 'namespace', 'clusterrole', 'clusterrolebinding'],
    ...['mutatingwebhookconfiguration', 'validatingwebhookconfiguration'],
    ...['validatingadmissionpolicy', 'validatingadmissionpolicybinding'],
  ].join(',');
  const cluster = await kubectl.run('get', kinds, '-o', 'name');
  const only = ['--field-selector=metadata.name=weft-bootstrap', '-o', 'name'];
  const bootstraps = await kubectl.run('get', 'configmap', '-A', ...only);
  return [
    ...cluster.split('\n').filter((line) => leftovers.test(line)),
    ...bootstraps.split('\n'),
  ].filter((line) => line !== '');
}

async function gone(world: TestCluster): Promise<number> {
  const began = Date.now();
  await until(async () => (await left(world)).length === 0, {
    what: 'all of it to be gone',
    withinMs: boundMs,
    ...kubectlPace,
  });
  return Date.now() - began;
}

/** The sidecars of the application's pods, by the names of their containers. */
async function sidecars({ kubectl }: TestCluster): Promise<string> {
  const path = '-o=jsonpath={.items[*].spec.initContainers[*].name}';
  return kubectl.run('get', 'pods', '-n', 'shop', path);
}

async function restarted(world: TestCluster): Promise<string> {
  const { kubectl } = world;
  await kubectl.run('rollout', 'restart', 'deployment', '-n', 'shop');
  const status = ['status', '-n', 'shop', 'deployment/till', '--timeout=30s'];
  await kubectl.run('rollout', ...status);
  return until(
    async () => {
      const pods = await kubectl.run('get', 'pods', '-n', 'shop', '-o', 'name');
      return pods.trim().split('\n').length === 1 ? sidecars(world) : undefined;
    },
    { what: 'the old pod is gone', withinMs: 60_000, ...kubectlPace },
  );
}

async function install(world: TestCluster): Promise<void> {
  const { kubectl } = world;
  await typed(world, 'kubectl apply -k config/default');
  const all = ['--for=condition=Established', 'crd', '--all', '--timeout=30s'];
  await kubectl.run('wait', ...all);
  await typed(world, 'kubectl apply -f config/samples/meshconfig.yaml');
  const ready = ['--for=condition=Ready', 'meshconfig/osm-mesh-config', '-n', system];
  await kubectl.run('wait', ...ready, '--timeout=180s');
  await applyManifest(world, 'shop.yaml');
  const overwrite = ['namespace', 'shop', '--overwrite'];
  await kubectl.run('label', ...overwrite, 'openservicemesh.io/monitored-by=osm');
  await kubectl.run('annotate', ...overwrite, 'openservicemesh.io/sidecar-injection=enabled');
}

export function uninstall(world: () => TestCluster): void {
  // Each second install is the proof that the uninstall before it left nothing in the way.
  beforeEach(async () => {
    await install(world());
    expect(await restarted(world())).toBe('weft-init envoy');
  }, 240_000);

  it.each<readonly [string, readonly string[]]>([
    ['everything at once', ['-k', installed]],
    ['the namespace first', ['namespace', system]],
  ])(
    'case 22: %s: gone within two minutes, and pods start',
    async (title, what) => {
      await world().kubectl.run('delete', ...what, '--wait=false');
      const first = await until(
        async () => ((await restarted(world())) === '' ? Date.now() : undefined),
        { what: 'a pod starts without a sidecar', withinMs: boundMs, ...kubectlPace },
      );
      expect(first).toBeDefined();
      const rest = ['-k', installed, '--ignore-not-found', '--wait=false'];
      await world().kubectl.run('delete', ...rest);
      figure(`uninstall, ${title}: gone after ${((await gone(world())) / 1000).toFixed(1)} s more`);
    },
    300_000,
  );

  it('case 22: the operator and the control plane first: the MeshConfig goes at once, and pods start', async () => {
    const { kubectl } = world();
    await kubectl.run('delete', 'deployment', '--all', '-n', system);
    const which = ['meshconfig', 'osm-mesh-config', '-n', system];
    await kubectl.run('delete', ...which, '--timeout=20s');
    await until(() => restarted(world()), {
      holds: (answer) => answer === '',
      what: 'a pod starts without a sidecar',
      withinMs: 60_000,
      ...kubectlPace,
    });
    await typed(
      world(),
      'kubectl delete mutatingwebhookconfiguration,validatingwebhookconfiguration -l app.kubernetes.io/part-of=weft',
    );
    await kubectl.run('delete', '-k', installed, '--ignore-not-found', '--timeout=120s');
    await gone(world());
  }, 300_000);
}
