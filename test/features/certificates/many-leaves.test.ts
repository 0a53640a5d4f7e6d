import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { RootProvider } from '../../../src/api/root-spec.ts';
import { connect, type ApiConnection } from '../../../src/kubernetes/connect.ts';
import { startBuiltIn } from '../../support/issuers/built-in-in-memory.ts';
import { type ColdStart, coldStart, manyAccounts } from '../../support/issuers/cold-start.ts';
import { startIssuer } from '../../support/issuers/start-issuer.ts';
import { startCertManager, type CertManager } from '../../../tools/real/cert-manager.ts';
import { makeCaIssuer } from '../../../tools/real/cert-manager-setup.ts';
import { makeMeshPki } from '../../support/issuers/mesh-pki.ts';
import { startOpenBao, type OpenBao } from '../../../tools/real/openbao.ts';
import { sharedApiServer } from '../../support/api-server/shared-api-server.ts';

// A rollout of a thousand workloads, from a control plane that has just started. What it costs in time
// `make bench` tells.

const accounts = manyAccounts(1_000);

/** All are there, and others had their turn between them many times. */
function expectInBatches({ leaves, batches }: ColdStart, count = accounts.length): void {
  expect(leaves).toBe(count);
  expect(batches).toBeGreaterThan(count / 100);
}

describe('a thousand workloads at once', () => {
  let bao: OpenBao;
  let manager: CertManager;
  let api: ApiConnection;
  beforeAll(async () => {
    api = await connect({ kubeconfig: sharedApiServer().kubeconfigPath });
    [bao, manager] = await Promise.all([startOpenBao(), startCertManager(sharedApiServer())]);
  }, 90_000);
  afterAll(async () => {
    await api.close();
    await Promise.all([bao.stop(), manager.stop()]);
  });

  const leavesBy = (provider: RootProvider, namespace: string, of = accounts): Promise<ColdStart> =>
    coldStart(() => startIssuer(provider, { namespace }), of);

  it('have a leaf by the built-in authority', async () => {
    expectInBatches(await coldStart(() => Promise.resolve(startBuiltIn()), accounts));
  }, 90_000);

  it('have a leaf by an intermediate of cert-manager', async () => {
    const { issuerRef } = await makeCaIssuer(manager, { name: 'many' });
    const provider = { kind: 'certManager', issuerRef, mode: 'intermediate' } as const;
    expectInBatches(await leavesBy(provider, 'many-cert-manager'));
  }, 90_000);

  it('have a leaf by an intermediate of OpenBao', async () => {
    const mesh = await makeMeshPki(bao, api, 'many-openbao');
    expectInBatches(await leavesBy(mesh.root({ mode: 'intermediate' }), mesh.namespace));
  }, 90_000);

  it('have a leaf each signed by OpenBao', async () => {
    const mesh = await makeMeshPki(bao, api, 'many-openbao-leaf');
    expectInBatches(await leavesBy(mesh.root({ mode: 'leaf' }), mesh.namespace));
  }, 90_000);

  it('have a leaf each signed by cert-manager, here a hundred', async () => {
    const { issuerRef } = await makeCaIssuer(manager, { name: 'many-leaf' });
    const provider = { kind: 'certManager', issuerRef, mode: 'leaf' } as const;
    const few = accounts.slice(0, 100);
    expectInBatches(await leavesBy(provider, 'many-cert-manager-leaf', few), few.length);
  }, 90_000);
});
