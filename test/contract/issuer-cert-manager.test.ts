import { describe } from '@jest/globals';
import type { ProviderMode } from '../../src/api/root-spec.ts';
import { connect } from '../../src/kubernetes/connect.ts';
import { certificatesFrom } from '../support/certificates/make-authority.ts';
import { ofFile } from '../support/jest/of-file.ts';
import { pemFrom, isReady, startCertManager } from '../../tools/real/cert-manager.ts';
import { makeCaIssuer, type CaIssuer } from '../../tools/real/cert-manager-setup.ts';
import { makeCsr } from '../support/certificates/make-csr.ts';
import { sharedApiServer } from '../support/api-server/shared-api-server.ts';
import type { IssuerUnderTest } from '../support/issuers/issuer-under-test.ts';
import { describeInModes } from './issuer-contract.ts';
import {
  ensureNamespace,
  intermediateSecret,
  startIssuer,
} from '../support/issuers/start-issuer.ts';

const manager = ofFile(() => startCertManager(sharedApiServer()), 90_000);

describe('cert-manager', () =>
  describeInModes(['ClusterIssuer', 'Issuer'], (kind) => `a ${kind} of cert-manager`, start));

async function start(
  kind: 'ClusterIssuer' | 'Issuer',
  mode: ProviderMode,
): Promise<IssuerUnderTest> {
  const namespace = `contract-${kind.toLowerCase()}-${mode}`;
  const api = await connect({ kubeconfig: sharedApiServer().kubeconfigPath });
  await ensureNamespace(api, namespace);
  await api.close();
  const place = kind === 'Issuer' ? { namespace } : {};
  const ca = await makeCaIssuer(manager(), { name: `ca-${mode}`, ...place });
  const provider = { kind: 'certManager', issuerRef: ca.issuerRef, mode } as const;
  const started = await startIssuer(provider, { namespace, times: { pollIntervalMs: 300 } });
  return {
    issuer: started.issuer,
    replaceRoot: async () => {
      const next = await ca.replace();
      await untilSigning(ca, next, namespace);
      if (mode === 'intermediate') await started.removeSecret(intermediateSecret);
    },
    stop: started.stop,
  };
}

let asked = 0;

/** cert-manager reads the CA's Secret from a cache, so it signs with the old one for a moment. */
async function untilSigning(ca: CaIssuer, root: string, namespace: string): Promise<void> {
  const [wanted] = certificatesFrom(root);
  const request = Buffer.from(await makeCsr({ commonName: 'x' })).toString('base64');
  for (let tries = 0; tries < 50; tries += 1) {
    const place = { namespace, name: `asks-${String((asked += 1))}` };
    const spec = { issuerRef: ca.issuerRef, duration: '1h', request };
    await manager().apply('certificateRequest', { ...place, spec });
    const { status } = await manager().until('certificateRequest', place, isReady);
    const [given] = certificatesFrom(pemFrom(status?.certificate));
    if (given?.signedWith(wanted!.publicKey) === true) return;
  }
  throw new Error('cert-manager goes on signing with the old CA');
}
