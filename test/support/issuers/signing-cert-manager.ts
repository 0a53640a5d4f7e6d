import type { Certificate } from '../../../src/x509/certificate.ts';
import { ensureNamespace } from './start-issuer.ts';
import {
  isReady,
  startCertManager,
  type CertManager,
  type CertManagerObject,
} from '../../../tools/real/cert-manager.ts';
import { makeCaIssuer, type CaIssuer } from '../../../tools/real/cert-manager-setup.ts';
import { sharedApiServer } from '../api-server/shared-api-server.ts';
import { sole } from '../certificates/sole-certificate.ts';

/** A cert-manager on the shared API server, with an Issuer that signs with a root. */
export interface SigningCertManager extends CertManager {
  readonly top: CaIssuer;
  readonly root: Certificate;
  /** A new CertificateRequest, once cert-manager has said something of it for which `holds`. */
  readonly sign: (
    request: Request,
    holds?: (object: CertManagerObject) => boolean,
  ) => Promise<CertManagerObject>;
}

/** A CSR as PEM, and what else than an hour of a leaf by `top` is asked for. */
interface Request {
  readonly request: string;
  readonly issuerRef?: object;
  readonly isCA?: boolean;
  readonly usages?: readonly string[];
  readonly duration?: string;
}

const usages = ['digital signature', 'server auth', 'client auth'];

/** Starts it; the Issuer `ca` and all requests are in that namespace, which it makes. */
export async function startSigningCertManager(namespace: string): Promise<SigningCertManager> {
  const manager = await startCertManager(sharedApiServer());
  await ensureNamespace(manager.api, namespace);
  const top = await makeCaIssuer(manager, { name: 'ca', namespace });
  let asked = 0;
  return {
    ...manager,
    ...{ top, root: sole(top.certificate) },
    sign: async ({ request: csr, ...wishes }, holds = isReady) => {
      asked += 1;
      const place = { namespace, name: `request-${String(asked)}` };
      const request = Buffer.from(csr).toString('base64');
      const spec = { issuerRef: top.issuerRef, duration: '1h', usages, request, ...wishes };
      await manager.apply('certificateRequest', { ...place, spec });
      return manager.until('certificateRequest', place, holds);
    },
  };
}
