/**
 * The leader's report on certificates, from which the operator decides the next step: JSON under one key of the
 * ConfigMap weft-certificates (docs/decisions/0058).
 */
export interface CertificateReport {
  /** The lowest plan step in force over all replicas; 0 while a replica follows none. */
  readonly step: number;
  /** False while a replica cannot be asked: every count is then a lower bound. */
  readonly complete: boolean;
  /** The spec.certificate.rotation.setAside that the counts use. */
  readonly setAside?: readonly string[];
  /** Each root that is trusted, signs or is tried, by the name of its MeshRootCertificate. */
  readonly roots: Readonly<Record<string, RootReport>>;
  /** Proxies that acknowledged the roots of plan.trustedStep. */
  readonly trust: AckCounts;
  /** Proxies that acknowledged a leaf signed by the signer of plan.signerStep. */
  readonly leaves: AckCounts;
  /** Proxies whose stream was opened on a server certificate of plan.serverStep. */
  readonly channel: AckCounts;
  /** Which roots the bootstraps of the mesh's namespaces hold; undefined while that is not known. */
  readonly bootstraps: BootstrapsReport | undefined;
  /** The ingress gateway's Secret as last written; absent once it is removed, and before there is one. */
  readonly gateway?: GatewayReport;
  /** Earlier gateway Secrets that are to be removed and still exist, with the reason. */
  readonly gatewaysLeft?: readonly GatewayReport[];
  /** Why the wanted gateway Secret cannot be written. */
  readonly gatewayTrouble?: FailureReport;
  /**
   * True when the mesh is being taken down, and its gateway's Secret is removed and not written again: the leader may
   * stop.
   */
  readonly released?: boolean;
  readonly health: LeavesReport;
}

/** The roots in the bootstraps: pods start with them and verify the control plane's certificate by them. */
export interface BootstrapsReport {
  /** The plan step whose roots the bootstraps hold. */
  readonly step: number;
  /** Since when, in ms since the epoch. */
  readonly since: number;
  /** Namespaces in which the API server refuses the bootstrap. */
  readonly unserved?: readonly UnservedNamespace[];
}

export interface UnservedNamespace {
  readonly namespace: string;
  /** The message of the API server. */
  readonly reason: string;
  /** Names of its running pods, 200 at most: `<namespace>/<pod>`. */
  readonly pods: readonly string[];
  /** The number of its running pods. */
  readonly total: number;
}

/** Where the ingress gateway's Secret is, and the steps of the plan that it follows. */
export interface GatewayReport {
  readonly namespace: string;
  readonly name: string;
  readonly trustedStep: number;
  readonly signerStep: number;
  /** Why the last attempt to remove the Secret failed. */
  readonly trouble?: FailureReport;
}

/** What is wrong, and since when in ms since the epoch. */
export interface FailureReport {
  readonly code: string;
  readonly message: string;
  readonly since: number;
}

/** How many of the proxies that a step concerns have acknowledged it. */
export interface AckCounts {
  /** The step that the counts are about. */
  readonly step: number;
  readonly acknowledged: number;
  /** All proxies, without those of pods whose sidecar never ran: these are no proxies of the mesh. */
  readonly total: number;
  /** How many of the proxies that have not acknowledged are set aside; counts all of them, not only the named ones. */
  readonly aside?: number;
  /** Some pods whose proxies have not acknowledged and are not set aside, ten at most: `<namespace>/<pod>`. */
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
  /** When the first of the certificates above that one ends. */
  readonly aboveNotAfter?: number;
  /** For users: parts that work, but not as the spec asks. */
  readonly notes?: readonly string[];
  readonly trouble?: FailureReport;
}

export interface LeavesReport {
  readonly held: number;
  readonly waiting: number;
  /** Milliseconds since the epoch. */
  readonly earliestExpiry?: number;
  readonly failure?: FailureReport;
}

/** The key of the ConfigMap. */
export const reportKey = 'report.json';

export function formatReport(report: CertificateReport): string {
  return JSON.stringify(report);
}
