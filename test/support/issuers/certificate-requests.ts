import { kinds } from '../../../src/api/kinds.ts';
import type { ApiConnection } from '../../../src/kubernetes/connect.ts';
import type { CertManagerObject } from '../../../tools/real/cert-manager.ts';

/** The CertificateRequests of that namespace that issuers of Weft have made and not taken back. */
export function requestsIn(
  api: ApiConnection,
  namespace: string,
): Promise<readonly CertManagerObject[]> {
  const only = { namespace, labelSelector: 'weft.dev/requested-by' };
  return api.list<CertManagerObject>(kinds.certificateRequest, only, AbortSignal.timeout(10_000));
}
