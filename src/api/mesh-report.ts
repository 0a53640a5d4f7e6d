import { has, isCount, isString, listOf, oneOf, optional, parseGuarded } from '../common/guards.ts';

/**
 * What the leader of the control plane reports of the pods of the mesh, their sidecars and its own
 * replicas, and the operator judges by: JSON under one key of the ConfigMap weft-proxies.
 */
export interface MeshReport {
  /** Sidecars with a stream to any replica, those in sync, and those that refused something. */
  readonly connected: number;
  readonly synced: number;
  readonly rejected: number;
  /** Those that have been behind for 15 s; not told by a control plane of an older version. */
  readonly late?: number | undefined;
  /** Pods that have a sidecar, or should have one: those of the mesh that run or are to run. */
  readonly expected: number;
  /** Of these, pods that start, or whose sidecar connects again, and have had no time for it yet. */
  readonly starting: number;
  /** Pods that were left out of the mesh on purpose. */
  readonly leftOut: number;
  /** What is wrong, the gravest first; each kind at most once. */
  readonly findings: readonly Finding[];
}

/** Kinds of what may be wrong, the gravest first. */
export const findingKinds = [
  'replica-unreachable',
  'server-certificate',
  'certificate-refused',
  'sidecar-crashing',
  'sidecar-stuck',
  'sidecar-lost',
  'without-sidecar',
  'pod-left-out',
  'sidecar-restarted',
  'service-not-served',
  'namespace-left-out',
] as const;
export type FindingKind = (typeof findingKinds)[number];

export interface Finding {
  readonly kind: FindingKind;
  /** How many there are. */
  readonly count: number;
  /** Some of them, by name; at most `maxFound`. */
  readonly found: readonly Found[];
}

export interface Found {
  /** `<namespace>/<name>`. */
  readonly name: string;
  readonly why: string;
  /** The command that helps with this one, where that is not the same for all of the kind. */
  readonly next?: string | undefined;
}

export const maxFound = 5;

/** The keys of the ConfigMap: the report, and when it was made, which alone tells that the leader lives. */
export const meshReportKey = 'report.json';
export const reportedAtKey = 'reportedAt';

export function formatMeshReport(report: MeshReport): string {
  return JSON.stringify(report);
}

const isFinding = has<Finding>({
  kind: oneOf(...findingKinds),
  count: isCount,
  found: listOf(has<Found>({ name: isString, why: isString, next: optional(isString) })),
});

const isReport = has<MeshReport>({
  connected: isCount,
  synced: isCount,
  rejected: isCount,
  late: optional(isCount),
  expected: isCount,
  starting: isCount,
  leftOut: isCount,
  findings: listOf(isFinding),
});

/** Undefined when there is none, or when it is not what formatMeshReport writes. Never throws. */
export function parseMeshReport(text: string | undefined): MeshReport | undefined {
  return parseGuarded(text, isReport);
}
