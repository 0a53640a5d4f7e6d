/**
 * What the leader of the control plane reports of certificates, and the operator decides by: JSON
 * under one key of the ConfigMap weft-certificates.
 */
export interface CertificateReport {
  /** The lowest plan step in force over all replicas; 0 while a replica follows none. */
  readonly step: number;
  /** False while a replica cannot be asked: every count is then a lower bound. */
  readonly complete: boolean;
  /** spec.certificate.rotation.setAside as the counts go by it. */
  readonly setAside?: readonly string[];
  /** Each root that is trusted, signs or is tried, by the name of its MeshRootCertificate. */
  readonly roots: Readonly<Record<string, RootReport>>;
  /** Proxies that acknowledged the roots of plan.trustedStep. */
  readonly trust: Witnesses;
  /** Proxies that acknowledged a leaf signed by the signer of plan.signerStep. */
  readonly leaves: Witnesses;
  /** Proxies whose stream was opened on a server certificate of plan.serverStep. */
  readonly channel: Witnesses;
  /** How far the bootstraps of the mesh's namespaces are; undefined while that is not known. */
  readonly bootstraps: BootstrapsReport | undefined;
  /** The ingress gateway's Secret as last written; absent once it is removed, and before there is one. */
  readonly gateway?: GatewayReport;
  /** Earlier ones that are to go and are not gone yet, with why. */
  readonly gatewaysLeft?: readonly GatewayReport[];
  /** Why the one that is wanted cannot be written. */
  readonly gatewayTrouble?: TroubleReport;
  /** The mesh ends, and its gateway's Secret is gone and not written again: the leader may go. */
  readonly released?: boolean;
  readonly health: LeavesReport;
}

/** The roots that pods start with, and by which they judge the control plane. */
export interface BootstrapsReport {
  /** The step whose roots they hold. */
  readonly step: number;
  /** Since when, in ms since the epoch. */
  readonly since: number;
  /** Namespaces that refuse them. */
  readonly unserved?: readonly UnservedNamespace[];
}

export interface UnservedNamespace {
  readonly namespace: string;
  /** What the API server said. */
  readonly reason: string;
  /** Its pods that run, 200 at most: `<namespace>/<pod>`. */
  readonly pods: readonly string[];
  /** How many there are. */
  readonly total: number;
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
  /** But for pods whose sidecar never ran: theirs is no proxy of the mesh. */
  readonly total: number;
  /** How many of those who have not are set aside, of all of them and not of those who are named. */
  readonly aside?: number;
  /** Some who have not and are not set aside, ten at most: `<namespace>/<pod>`. */
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
  /** What works, but otherwise than asked for; for people. */
  readonly notes?: readonly string[];
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
