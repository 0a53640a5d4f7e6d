import { connect } from '../../src/kubernetes/connect.ts';
import type { RootProvider } from '../../src/api/root-spec.ts';
import type { ApiServer } from '../../tools/real/api-server.ts';
import { startIssuer } from '../support/issuers/start-issuer.ts';
import { startCertManager } from '../../tools/real/cert-manager.ts';
import { makeCaIssuer } from '../../tools/real/cert-manager-setup.ts';
import { makeMeshPki } from '../support/issuers/mesh-pki.ts';
import { startOpenBao } from '../../tools/real/openbao.ts';
import { startBuiltIn } from '../support/issuers/built-in-in-memory.ts';
import { type ColdStart, coldStart, manyAccounts } from '../support/issuers/cold-start.ts';

/** A cold start by each issuer, by its name. */
export type LeafFigures = Readonly<Record<string, ColdStart>>;

const namespace = 'many-leaves';

/** Leaves for that many workloads from each issuer, on the real cert-manager and OpenBao. */
export async function measureLeaves(server: ApiServer, count: number): Promise<LeafFigures> {
  const api = await connect({ kubeconfig: server.kubeconfigPath });
  const [bao, manager] = await Promise.all([startOpenBao(), startCertManager(server)]);
  try {
    const { issuerRef } = await makeCaIssuer(manager, { name: namespace });
    const pki = await makeMeshPki(bao, api, namespace);
    const by = (provider: RootProvider, of = count): Promise<ColdStart> =>
      coldStart(() => startIssuer(provider, { namespace, api }), manyAccounts(of));
    return {
      'built-in': await coldStart(() => Promise.resolve(startBuiltIn()), manyAccounts(count)),
      'cert-manager, intermediate': await by({
        kind: 'certManager',
        issuerRef,
        mode: 'intermediate',
      }),
      'OpenBao, intermediate': await by(pki.root({ mode: 'intermediate' })),
      'OpenBao, leaf': await by(pki.root({ mode: 'leaf' })),
      // Its controller signs some 20 a second by its own limits.
      'cert-manager, leaf': await by({ kind: 'certManager', issuerRef, mode: 'leaf' }, count / 10),
    };
  } finally {
    await Promise.all([bao.stop(), manager.stop(), api.close()]);
  }
}
