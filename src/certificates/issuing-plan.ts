import type { RootSpec } from '../api/root-spec.ts';

/** A root: its name, its spec and, after a successful probe, its pinned certificates. */
export interface NamedRoot {
  /** The name of its MeshRootCertificate. */
  readonly name: string;
  readonly root: RootSpec;
  /** PEM; undefined: whatever the issuer itself says. */
  readonly pinned: string | undefined;
}

/** CertificatePlan with its names resolved: what this process is to do with certificates. */
export interface IssuingPlan {
  readonly step: number;
  readonly signer: NamedRoot;
  readonly signerStep: number;
  readonly serverSigner: NamedRoot;
  readonly serverStep: number;
  readonly trusted: readonly NamedRoot[];
  readonly trustedStep: number;
  readonly candidate: NamedRoot | undefined;
}

/** `<root>/<fingerprint>`: the signer of a leaf. Two roots that share a certificate are two signers. */
export function signerId(root: string, fingerprint: string): string {
  return `${root}/${fingerprint}`;
}

/** The name of the root that a leaf's signer belongs to. */
export function rootOfSigner(signer: string): string {
  return signer.slice(0, Math.max(signer.indexOf('/'), 0));
}
