import { isDeepStrictEqual } from 'node:util';
import { expect, it } from '@jest/globals';
import type { MeshRootCertificate } from '../../../src/api/gen/mesh-root-certificate.ts';
import { kinds } from '../../../src/api/kinds.ts';
import { playReport } from '../../support/operator/played-report.ts';
import { arrive, getRoot, status } from '../../support/operator/played-switch.ts';
import {
  getObject,
  namespace,
  type OperatorRig,
  untilCondition,
} from '../../support/operator/operator-on-api-server.ts';
import { until } from '../../support/time/until.ts';
import { staysTrueFor } from '../../support/time/stays-true-for.ts';

/** On a mesh that rests: what the MeshRootCertificates that people write do, until the mesh ends. */
export function ownRoots(rig: () => OperatorRig): void {
  async function apply(name: string, role: string, provider?: unknown): Promise<void> {
    const tresor = { tresor: { ca: { secretRef: { name, namespace } } } };
    const object = {
      apiVersion: 'config.openservicemesh.io/v1alpha2',
      kind: 'MeshRootCertificate',
      metadata: { name, namespace },
      spec: { role, provider: provider ?? tresor },
    };
    await rig().kubectlApply(JSON.stringify(object));
  }

  async function untilState(name: string, state: string): Promise<void> {
    await until(
      async () => {
        const { plan } = await status(rig());
        if (plan !== undefined) await playReport(rig());
        return (await getRoot(rig(), name))?.status?.state === state;
      },
      { withinMs: 40_000 },
    );
  }

  async function reasonOf(name: string): Promise<string | undefined> {
    const conditions = (await getRoot(rig(), name))?.status?.conditions ?? [];
    return conditions.find(({ type }) => type === 'Accepted')?.reason;
  }

  it("lead from root to root by their roles, by OSM's five steps", async () => {
    await apply('mine', 'passive');
    await untilState('mine', 'validating');
    await apply('mine', 'active');
    await untilState('mine', 'issuing');
    expect(await arrive(rig(), 'builtIn')).toBe('mine');
    const ready = await untilCondition(rig(), 'CertificatesReady=True/BundlePublished');
    expect(ready.message).toContain('MeshRootCertificate mine selects the signing root');
    await apply('next', 'passive');
    await untilState('next', 'validating');
    await apply('next', 'active');
    await staysTrueFor(300, 'the root', async () => (await status(rig())).root === 'mine');
    await apply('mine', 'passive');
    await untilState('next', 'issuing');
    await arrive(rig(), 'builtIn');
    expect((await status(rig())).plan?.trusted).toEqual(['mine', 'next']);
    await apply('mine', 'inactive');
    await untilState('mine', 'unused');
    expect(await arrive(rig(), 'builtIn')).toBe('next');
  });

  it('change nothing when their roles make no sense together', async () => {
    await apply('mine', 'passive');
    await untilState('mine', 'validating');
    await arrive(rig(), 'builtIn');
    const { plan } = await status(rig());
    await apply('third', 'active');
    await until(() => reasonOf('third'), { holds: (answer) => answer === 'IllegalRoles' });
    await playReport(rig());
    await staysTrueFor(300, 'signer and trust', async () => {
      const now = (await status(rig())).plan;
      return isDeepStrictEqual([now?.signer, now?.trusted], [plan?.signer, plan?.trusted]);
    });
    await rig().kubectl('delete', 'mrc', 'third', '-n', namespace, '--timeout=10s');
    await until(() => reasonOf('mine'), { holds: (answer) => answer === 'Accepted' });
  });

  it.each([
    [
      'InsecureVault',
      { vault: { host: 'v', role: 'r', kubernetesAuth: { role: 'r' }, protocol: 'http' } },
    ],
    ['SecretElsewhere', { tresor: { ca: { secretRef: { name: 'x', namespace: 'default' } } } }],
  ])('are refused with %s, and nothing else changes', async (reason, provider) => {
    const { plan } = await status(rig());
    const name = reason.toLowerCase();
    await apply(name, 'passive', provider);
    await until(() => reasonOf(name), { holds: (answer) => answer === reason });
    expect((await getRoot(rig(), name))?.status?.state).toBe('refused');
    expect((await status(rig())).plan).toEqual(plan);
    await rig().kubectl('delete', 'mrc', name, '-n', namespace, '--timeout=10s');
  });

  it('are not deleted while they are in use: the answer says why, and what to do', async () => {
    const remove = (): Promise<string> =>
      rig().kubectl('delete', 'mrc', 'next', '-n', namespace, '--timeout=10s');
    await expect(remove()).rejects.toThrow(
      /next signs the certificates of the mesh; let another root sign, set this root to passive/,
    );
    await apply('mine', 'active');
    await apply('next', 'passive');
    await untilState('mine', 'issuing');
    await expect(remove()).rejects.toThrow(/next is in use \(validating\)/);
    await apply('next', 'inactive');
    await untilState('next', 'unused');
    await remove();
    expect(await getRoot(rig(), 'next')).toBeUndefined();
    await playReport(rig());
    expect(await arrive(rig(), 'builtIn')).toBe('mine');
  });

  it('stay when the mesh ends, unused, while those that Weft wrote go', async () => {
    await rig().kubectl(
      'delete',
      'meshconfig',
      'osm-mesh-config',
      '-n',
      namespace,
      '--timeout=60s',
    );
    const left = await until(
      async () => {
        const all = await rig().admin.list<MeshRootCertificate>(
          kinds.meshRootCertificate,
          { namespace },
          rig().signal,
        );
        return all.length === 1 && all[0]?.status?.state === 'unused' && all;
      },
      { withinMs: 30_000 },
    );
    expect(left.map(({ metadata }) => metadata.name)).toEqual(['mine']);
    expect(left[0]?.status?.state).toBe('unused');
    expect(left[0]?.metadata.finalizers ?? []).toEqual([]);
    expect(await getObject(rig(), kinds.configMap, 'weft-certificates')).toBeUndefined();
  });
}
