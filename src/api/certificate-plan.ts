import type { MeshConfig } from './gen/mesh-config.ts';

/**
 * What every replica of the control plane does with certificates, as the operator decided: kept in the
 * MeshConfig's status, so that all of it changes at once. Roots go by the names of their
 * MeshRootCertificates, whose status holds the roots themselves.
 */
export interface CertificatePlan {
  /** Grows with every change, never falls. */
  readonly step: number;
  /** Signs workloads' leaves, since `signerStep`. */
  readonly signer: string;
  readonly signerStep: number;
  /** Signs the control plane's own certificate, since `serverStep`. */
  readonly serverSigner: string;
  readonly serverStep: number;
  /** Trusted by everyone, since `trustedStep`. */
  readonly trusted: readonly string[];
  readonly trustedStep: number;
  /** To be tried out with a probe, and nothing else. */
  readonly candidate?: string | undefined;
}

/** Undefined before the operator wrote one; replicas then go by the spec alone. */
export function planOf(meshConfig: MeshConfig | undefined): CertificatePlan | undefined {
  const plan = meshConfig?.status?.certificate?.plan;
  if (plan === undefined) return undefined;
  const { signer, serverSigner, trusted } = plan;
  if (signer === undefined || serverSigner === undefined || !trusted.includes(signer))
    return undefined;
  return {
    step: plan.step,
    signer,
    signerStep: plan.signerStep ?? plan.step,
    serverSigner,
    serverStep: plan.serverStep ?? plan.step,
    trusted,
    trustedStep: plan.trustedStep ?? plan.step,
    ...(plan.candidate === undefined ? {} : { candidate: plan.candidate }),
  };
}
