import { setTimeout as sleep } from 'node:timers/promises';
import type { SecretObject } from '../../src/api/core.ts';
import { kinds } from '../../src/api/kinds.ts';
import { isReady, pemFrom, type CertManagerObjects } from './cert-manager.ts';

/** As `spec.issuerRef` of cert-manager's kinds. */
export interface IssuerRef {
  readonly name: string;
  readonly kind: string;
  readonly group: string;
}

/** A CA that cert-manager keeps, and an issuer that signs with it. */
export interface CaIssuer {
  readonly issuerRef: IssuerRef;
  /** PEM of its certificate. */
  readonly certificate: string;
  /** Makes cert-manager replace key and certificate, and gives its PEM; requests are soon signed with it. */
  readonly replace: () => Promise<string>;
}

export interface CaWishes {
  readonly name: string;
  /** A namespace, for an Issuer there; left out, it is a ClusterIssuer. */
  readonly namespace?: string;
  /** The issuer of the CA's certificate; left out, the CA is a root. */
  readonly signer?: IssuerRef;
  /** The validity of the CA. */
  readonly duration?: string;
  /** Its key. Default P-256. */
  readonly keyType?: 'ec' | 'rsa';
}

const group = 'cert-manager.io';
const keys = {
  ec: { algorithm: 'ECDSA', size: 256 },
  rsa: { algorithm: 'RSA', size: 2048 },
};

/** Makes a CA, and its issuer; resolves when both are ready. */
export async function makeCaIssuer(
  manager: CertManagerObjects,
  wishes: CaWishes,
): Promise<CaIssuer> {
  const { name, namespace, signer, duration = '8760h', keyType = 'ec' } = wishes;
  const place = { name, namespace: namespace ?? manager.namespace };
  const spec = {
    isCA: true,
    commonName: name,
    secretName: name,
    duration,
    privateKey: { ...keys[keyType], rotationPolicy: 'Always' },
    issuerRef: signer ?? { name: manager.selfSigned, kind: 'ClusterIssuer', group },
  };
  await manager.apply('certificate', { ...place, spec });
  await manager.until('certificate', place, isReady);
  const kind = namespace === undefined ? 'clusterIssuer' : 'issuer';
  const own = namespace === undefined ? { name } : place;
  await manager.apply(kind, { ...own, spec: { ca: { secretName: name } } });
  await manager.until(kind, own, isReady);
  return {
    issuerRef: { name, kind: namespace === undefined ? 'ClusterIssuer' : 'Issuer', group },
    certificate: await certificateIn(manager, place),
    replace: async () => {
      const before = await certificateIn(manager, place);
      const signal = AbortSignal.timeout(waitMs);
      await manager.api.remove({ kind: kinds.secret, ...place }, {}, signal);
      return certificateIn(manager, place, before);
    },
  };
}

const waitMs = 20_000;

/** The data of the Secret, once it exists and differs from `before`. */
async function certificateIn(
  { api }: CertManagerObjects,
  place: { readonly name: string; readonly namespace: string },
  before?: string,
): Promise<string> {
  const signal = AbortSignal.timeout(waitMs);
  for (;;) {
    const secret = await api.get<SecretObject>({ kind: kinds.secret, ...place }, signal);
    const pem = pemFrom(secret?.data?.['tls.crt']);
    if (pem !== '' && pem !== before) return pem;
    await sleep(30, undefined, { signal });
  }
}
