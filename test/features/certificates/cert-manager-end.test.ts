// Cases of the field with a real cert-manager: long names, and a CA that ends soon.
import { describe, expect, it, jest } from '@jest/globals';
import type { ProviderMode } from '../../../src/api/root-spec.ts';
import { problemOfIssued } from '../../../src/certificates/leaves/leaf-check.ts';
import { identityKey } from '../../../src/policy/identity.ts';
import { certificatesFrom } from '../../support/certificates/make-authority.ts';
import { issue, ready, workloadRequest } from '../../support/issuers/ask-issuer.ts';
import { issuersOfFile } from '../../support/issuers/issuers-of-file.ts';
import { ofFile } from '../../support/jest/of-file.ts';
import { startCertManager } from '../../../tools/real/cert-manager.ts';
import { makeCaIssuer } from '../../../tools/real/cert-manager-setup.ts';
import { sharedApiServer } from '../../support/api-server/shared-api-server.ts';
import { certManagerRoot } from '../../support/issuers/cert-manager-root.ts';

jest.setTimeout(60_000);

const manager = ofFile(() => startCertManager(sharedApiServer()), 120_000);
const modes: readonly ProviderMode[] = ['leaf', 'intermediate'];
const hourMs = 3_600_000;
const accounts = [
  { namespace: 'c17', serviceAccount: 'a'.repeat(72) },
  {
    namespace: 'c17',
    serviceAccount:
      'payments.settlement.reconciliation.v1.worker-for-the-northern-region-and-all-its-branches',
  },
  { namespace: 'svc', serviceAccount: 'weft-control-plane.weft-system' },
];

describe.each(modes)('cert-manager in mode %s', (mode) => {
  const issuers = issuersOfFile(() => ({ namespace: `end-${mode}` }));

  it('case 17: signs for accounts whose names are longer than a label or a common name, and S7', async () => {
    await makeCaIssuer(manager(), { name: `names-${mode}` });
    const one = await ready(
      await issuers.start(certManagerRoot(`names-${mode}`, mode, 'ClusterIssuer')),
    );
    for (const who of accounts) {
      const account = identityKey(who);
      const subject = { kind: 'workload', trustDomain: 'cluster.local', account } as const;
      const leaf = await issue(one, { subject });
      const [certificate] = certificatesFrom(leaf.certificateChain);
      expect(certificate!.altNames).toEqual({
        uris: [`spiffe://cluster.local/ns/${who.namespace}/sa/${who.serviceAccount}`],
        ...{ dnsNames: [], others: 0 },
      });
      const { bundle } = one.issuer.authority()!;
      const request = { ...workloadRequest, subject };
      expect(problemOfIssued(leaf, request, { bundle, now: Date.now() })).toBeUndefined();
    }
  });

  it('case 28: says of a leaf that it ends with its CA, which has an hour to go', async () => {
    await makeCaIssuer(manager(), { name: `soon-${mode}`, duration: '1h' });
    const one = await ready(
      await issuers.start(certManagerRoot(`soon-${mode}`, mode, 'ClusterIssuer'), {
        namespace: `soon-${mode}`,
      }),
    );
    const leaf = await issue(one, { validityMs: 24 * hourMs });
    const { bundle, notAfter } = one.issuer.authority()!;
    const end = bundle.roots[0]!.notAfter;
    expect(leaf.notAfter).toBeLessThanOrEqual(end);
    expect(leaf.notAfter).toBeGreaterThan(Date.now() + 0.9 * hourMs);
    expect(notAfter).toBeLessThanOrEqual(end);
    expect(one.issuer.lastFailure()).toBeUndefined();
  });
});
