import type { LeavesReport } from '../api/certificate-report.ts';
import type { MeshConfig } from '../api/gen/mesh-config.ts';
import type { MeshRootCertificate } from '../api/gen/mesh-root-certificate.ts';

/** The input of `weft certificate status`: the objects as the API server had them at one moment. */
export interface CertificateFacts {
  /** The active MeshConfig. */
  readonly meshConfig: MeshConfig;
  /** Names of MeshConfigs beside it, which are not active. */
  readonly others: readonly string[];
  readonly roots: readonly MeshRootCertificate[];
  readonly leaves: LeavesFact;
  readonly heartbeat: HeartbeatFact;
}

/** The control plane's report on workloads' certificates; reading it needs a separate right. */
export type LeavesFact = { readonly kind: 'reported'; readonly health: LeavesReport } | NoFact;

/** When the control plane reported last, as RFC 3339; reading it needs a separate right. */
export type HeartbeatFact = { readonly kind: 'reported'; readonly at: string } | NoFact;

export type NoFact =
  { readonly kind: 'not-reported' } | { readonly kind: 'not-readable'; readonly why: string };
