/**
 * What the leader of the control plane reports of certificates, and the operator decides by: JSON
 * under one key of the ConfigMap weft-certificates.
 */
export interface CertificateReport {
  /** The lowest plan step in force over all replicas; 0 while a replica follows none. */
  readonly step: number;
  /** False while a replica cannot be asked: every count is then a lower bound. */
  readonly complete: boolean;
  /** Each root that is trusted, signs or is tried, by the name of its MeshRootCertificate. */
  readonly roots: Readonly<Record<string, RootReport>>;
  /** Proxies that acknowledged the roots of plan.trustedStep. */
  readonly trust: Witnesses;
  /** Proxies that acknowledged a leaf signed by the signer of plan.signerStep. */
  readonly leaves: Witnesses;
  /** Proxies whose stream was opened on a server certificate of plan.serverStep. */
  readonly channel: Witnesses;
  /** Since when every namespace's bootstrap holds the roots of `step`; ms since the epoch. */
  readonly bootstraps: { readonly step: number; readonly since: number } | undefined;
  /** The ingress gateway's Secret as last written; absent once it is removed, and before there is one. */
  readonly gateway?: GatewayReport;
  /** The mesh ends, and its gateway's Secret is gone and not written again: the leader may go. */
  readonly released?: boolean;
  readonly health: LeavesReport;
}

/** Where the ingress gateway's Secret is, and the steps of the plan that it follows. */
export interface GatewayReport {
  readonly namespace: string;
  readonly name: string;
  readonly trustedStep: number;
  readonly signerStep: number;
  /** Why it could not be removed when it was last tried. */
  readonly trouble?: TroubleReport;
}

/** What is wrong, and since when in ms since the epoch. */
export interface TroubleReport {
  readonly code: string;
  readonly message: string;
  readonly since: number;
}

/** How many of those whom a step concerns have taken it. */
export interface Witnesses {
  /** The step that the counts are about. */
  readonly step: number;
  readonly acknowledged: number;
  readonly total: number;
  /** Some who have not, ten at most: `<namespace>/<pod>`. */
  readonly waiting: readonly string[];
}

export interface RootReport {
  /** Whether it signs now: a probe was signed, checked and found good. */
  readonly ready: boolean;
  /** The root as PEM, its SHA-256 in lower-case hex, and its end in ms since the epoch. */
  readonly roots?: string;
  readonly fingerprint?: string;
  readonly notAfter?: number;
  /** When the certificate that signs leaves, or one above it, ends. */
  readonly signerNotAfter?: number;
  readonly trouble?: TroubleReport;
}

export interface LeavesReport {
  readonly held: number;
  readonly waiting: number;
  /** Milliseconds since the epoch. */
  readonly earliestExpiry?: number;
  readonly failure?: TroubleReport;
}

/** The key of the ConfigMap. */
export const reportKey = 'report.json';

export function formatReport(report: CertificateReport): string {
  return JSON.stringify(report);
}
