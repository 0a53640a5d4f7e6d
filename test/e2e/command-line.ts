import { expect, it } from '@jest/globals';
import type { CertificateStatus } from '../../src/cli/certificate-status.ts';
import { repository } from '../../tools/images/bundle.ts';
import { figure } from './figure.ts';
import { typed, type TestCluster } from './test-cluster.ts';

/** What people see through the command `weft`, built as the docs say. */
export function commandLine(world: () => TestCluster): void {
  it('says how the certificates of the mesh are', async () => {
    await typed(world(), 'make cli');
    const table = await typed(world(), 'out/weft certificate status');
    figure(`weft certificate status: ${table.split('\n').slice(1, 5).join('; ')}`);
    expect(table).toMatch(/^State {6}healthy/m);
    expect(table).toMatch(/^Root {7}.*, ends 20\d\d-/m);
    const json = await typed(world(), 'out/weft certificate status -o json');
    const { state, provider, proxies } = JSON.parse(json) as CertificateStatus;
    expect({ state, provider }).toEqual({ state: 'healthy', provider: 'builtIn' });
    expect(proxies?.connected).toBeGreaterThanOrEqual(5);
  }, 60_000);

  it('needs what its role grants, and the role grants that to the group it names', async () => {
    const file = 'config/samples/cli-reader-role.yaml';
    await typed(world(), `kubectl apply -f ${file}`);
    const { kubectl } = world();
    const may = (...what: readonly string[]): Promise<string> =>
      kubectl.run(
        ...['auth', 'can-i', ...what, '-n', 'weft-system'],
        ...['--as=jane', '--as-group=weft-certificate-readers'],
      );
    expect(await may('list', 'meshconfigs.config.openservicemesh.io')).toBe('yes\n');
    expect(await may('list', 'meshrootcertificates.config.openservicemesh.io')).toBe('yes\n');
    expect(await may('get', 'configmaps/weft-certificates')).toBe('yes\n');
    expect(await may('get', 'configmaps/weft-proxies')).toBe('yes\n');
    await kubectl.run('delete', '-f', `${repository}/${file}`);
  }, 30_000);
}
