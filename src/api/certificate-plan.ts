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
  readonly candidate?: string;
}

/** Undefined before the operator wrote one, and for one that is not whole. */
export function planOf(meshConfig: MeshConfig | undefined): CertificatePlan | undefined {
  const plan = meshConfig?.status?.certificate?.plan;
  return plan !== undefined && isWhole(plan) ? plan : undefined;
}

type Written = NonNullable<NonNullable<MeshConfig['status']>['certificate']>['plan'];

/** Whoever signs is trusted, and every step is there. */
function isWhole(plan: NonNullable<Written>): plan is CertificatePlan {
  const { signer, serverSigner, trusted } = plan;
  const steps = [plan.signerStep, plan.serverStep, plan.trustedStep];
  const signs = [signer, serverSigner];
  return (
    steps.every((step) => step !== undefined) &&
    signs.every((name) => name !== undefined && trusted.includes(name))
  );
}
