import type { MeshConfig } from './gen/mesh-config.ts';

/**
 * The operator's plan of what every replica of the control plane does with certificates. The MeshConfig's status holds
 * it, so that all of it changes at once. The plan names roots by their MeshRootCertificates, whose status holds the
 * root certificates (docs/decisions/0057).
 */
export interface CertificatePlan {
  /** Grows with every change, never falls. */
  readonly step: number;
  /** The root that signs workloads' leaves, since step `signerStep`. */
  readonly signer: string;
  readonly signerStep: number;
  /** The root that signs the control plane's own certificate, since step `serverStep`. */
  readonly serverSigner: string;
  readonly serverStep: number;
  /** The roots that all proxies and replicas trust, since step `trustedStep`. */
  readonly trusted: readonly string[];
  readonly trustedStep: number;
  /** A root that is only tried out with a probe. */
  readonly candidate?: string;
}

/** The plan of a MeshConfig; undefined before the operator wrote one, and for an incomplete plan. */
export function planOf(meshConfig: MeshConfig | undefined): CertificatePlan | undefined {
  const plan = meshConfig?.status?.certificate?.plan;
  return plan !== undefined && isWhole(plan) ? plan : undefined;
}

type Written = NonNullable<NonNullable<MeshConfig['status']>['certificate']>['plan'];

/** Whether both signers are among the trusted roots, and every step is present. */
function isWhole(plan: NonNullable<Written>): plan is CertificatePlan {
  const { signer, serverSigner, trusted } = plan;
  const steps = [plan.signerStep, plan.serverStep, plan.trustedStep];
  const signs = [signer, serverSigner];
  return (
    steps.every((step) => step !== undefined) &&
    signs.every((name) => name !== undefined && trusted.includes(name))
  );
}
