import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { expect, it } from '@jest/globals';
import { repository } from '../../tools/images/bundle.ts';
import {
  applyManifest,
  environment,
  rolledOut,
  typed,
  kubectlPace,
  type TestCluster,
} from './test-cluster.ts';
import { until } from '../support/time/until.ts';

async function sidecars({ kubectl }: TestCluster): Promise<string> {
  const path = '-o=jsonpath={.items[*].spec.initContainers[*].name}';
  return kubectl.run('get', 'pods', '-n', 'shop', path);
}

/** Runs a command of the docs that goes on until it is stopped; `work` begins at its first line. */
async function typedWhile(
  world: TestCluster,
  command: string,
  work: () => Promise<void>,
): Promise<void> {
  // exec: so that the signal reaches the command and not a shell around it.
  const child = spawn('bash', ['-c', `exec ${command}`], {
    cwd: repository,
    env: { ...process.env, ...environment(world, command) },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  try {
    const first = await createInterface(child.stdout)[Symbol.asyncIterator]().next();
    if (first.done === true) throw new Error(`"${command}" ended at once`);
    await work();
    world.ran.add(command);
  } finally {
    child.kill();
  }
}

/** What the docs tell a reader to do with an application of theirs. */
export function joining(world: () => TestCluster): void {
  it('a namespace joins the mesh by a label, an annotation and a restart', async () => {
    await applyManifest(world(), 'shop.yaml');
    await rolledOut(world(), 'shop', 'deployment/till');
    expect(await sidecars(world())).toBe('');
    await typed(world(), 'kubectl label namespace shop openservicemesh.io/monitored-by=osm');
    await typed(
      world(),
      'kubectl annotate namespace shop openservicemesh.io/sidecar-injection=enabled --overwrite',
    );
    await typed(world(), 'kubectl rollout restart deployment,statefulset,daemonset -n shop');
    await rolledOut(world(), 'shop', 'deployment/till');
    const names = await until(
      async () => {
        const now = await sidecars(world());
        return now === 'weft-init envoy' ? now : undefined;
      },
      { what: 'the old pod is gone', withinMs: 60_000, ...kubectlPace },
    );
    expect(names).toBe('weft-init envoy');
  }, 120_000);

  it('applying everything again changes nothing', async () => {
    const again = [
      'kubectl apply -k config/default',
      'kubectl apply -f config/samples/meshconfig.yaml',
    ];
    await typed(
      world(),
      'kubectl wait --for=condition=Established crd/meshconfigs.config.openservicemesh.io --timeout=30s',
    );
    await typed(world(), again[1] ?? '');
    const ready =
      'kubectl wait --for=condition=Ready meshconfig/osm-mesh-config -n weft-system --timeout=180s';
    await typed(world(), ready);
    for (const command of again) {
      const lines = (await typed(world(), command)).trim().split('\n');
      expect(lines.filter((line) => !line.endsWith(' unchanged'))).toEqual([]);
    }
  }, 60_000);

  it('permissive mode goes off as the docs have it, and their policies are taken', async () => {
    await typed(
      world(),
      `kubectl patch meshconfig osm-mesh-config -n weft-system --type=merge -p '{"spec":{"traffic":{"enablePermissiveTrafficPolicyMode":false}}}'`,
    );
    await typed(world(), 'kubectl apply -f config/demo/policies/traffic-access.yaml');
  }, 30_000);

  it("Envoy's own page can be looked at from the reader's machine", async () => {
    const command = 'kubectl port-forward -n bookbuyer deployment/bookbuyer 15000:15000';
    await typedWhile(world(), command, async () => {
      const response = await fetch('http://localhost:15000/config_dump');
      expect(response.status).toBe(200);
      expect(await response.text()).toContain('bookstore/bookstore|14001');
    });
  }, 30_000);
}
