import { expect } from '@jest/globals';
import type { Certificate } from '../../../src/x509/certificate.ts';
import { makeCsr } from '../certificates/make-csr.ts';
import { startOpenBao, type BaoAnswer, type OpenBao } from '../../../tools/real/openbao.ts';
import { enablePki, makePolicy, makeRole, type BaoPki } from '../../../tools/real/openbao-setup.ts';
import { sole } from '../certificates/sole-certificate.ts';

/** An OpenBao that signs by an engine at `pki`, and the bodies of calls for that. */
export interface SigningBao extends OpenBao {
  readonly pki: BaoPki;
  /** A CSR for `workloadId`. */
  readonly leafCsr: string;
  /** For `signIntermediate`: a day of a CA that signs leaves alone. */
  readonly intermediate: (change?: object) => object;
  /** For `signLeaf`: an hour of a leaf for that CSR. */
  readonly leaf: (change?: object) => object;
}

export const workloadId = 'spiffe://cluster.local/ns/shop/sa/cart';
export const signIntermediate = 'pki/root/sign-intermediate';
export const signLeaf = 'pki/sign/mesh';

/** The policies that allow one of these paths each. */
export const mayIntermediate = 'intermediate';
export const mayLeaf = 'leaf';

/** Starts it with the role `mesh` and both policies (about a second). */
export async function startSigningBao(): Promise<SigningBao> {
  const bao = await startOpenBao();
  const pki = await enablePki(bao);
  await makeRole(bao, 'pki/roles/mesh');
  await makePolicy(bao, mayIntermediate, [signIntermediate]);
  await makePolicy(bao, mayLeaf, [signLeaf]);
  const caCsr = await makeCsr({ commonName: 'an intermediate' });
  const leafCsr = await makeCsr({ uris: [workloadId] });
  const ca = { csr: caCsr, common_name: 'an intermediate', ttl: '24h', max_path_length: 0 };
  return {
    ...bao,
    ...{ pki, leafCsr },
    intermediate: (change = {}) => ({ ...ca, ...change }),
    leaf: (change = {}) => ({ csr: leafCsr, ttl: '1h', ...change }),
  };
}

/** The certificate of an answer that has one and no error. */
export function signed({ status, errors, data }: BaoAnswer): Certificate {
  expect({ status, errors }).toEqual({ status: 200, errors: [] });
  return sole(String(data['certificate']));
}
