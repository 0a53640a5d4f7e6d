import { has, isCount, isString, listOf, oneOf, optional, parseGuarded } from '../common/guards.ts';

/**
 * The leader's report on the pods of the mesh, their sidecars and its own replicas, from which the operator derives the
 * state of the mesh: JSON under one key of the ConfigMap weft-proxies (docs/decisions/0105).
 */
export interface MeshReport {
  /** Sidecars with a stream to any replica, those in sync, and those that refused something. */
  readonly connected: number;
  readonly synced: number;
  readonly rejected: number;
  /** Sidecars that have been out of sync for 15 s; absent in the report of an older version. */
  readonly late?: number | undefined;
  /** Pods that have a sidecar, or should have one: those of the mesh that run or are to run. */
  readonly expected: number;
  /** Of these, pods that are starting, or whose sidecar is connecting again, and that still have time for it. */
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
  'proxy-refusing',
  'proxy-late',
  'sidecar-disconnected',
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
  /** The command that helps with this object, where it differs from the command for the kind. */
  readonly next?: string | undefined;
}

export const maxFound = 5;

/**
 * The keys of the ConfigMap: the report, and the time when it was made. The time is the only sign that the leader is
 * alive.
 */
export const meshReportKey = 'report.json';
export const reportedAtKey = 'reportedAt';

/**
 * Kinds that the first version does not know: it rejects a report with an unknown kind in `findings`, so they go into
 * `newerFindings`. A reader that ignores them misses names but no problem: `rejected`, `late` and `starting` count the
 * same.
 */
const newerKinds: readonly FindingKind[] = ['proxy-refusing', 'proxy-late', 'sidecar-disconnected'];

export function formatMeshReport({ findings, ...rest }: MeshReport): string {
  const isNewer = ({ kind }: Finding): boolean => newerKinds.includes(kind);
  const written: WrittenReport = {
    ...rest,
    findings: findings.filter((finding) => !isNewer(finding)),
    newerFindings: findings.filter(isNewer),
  };
  return JSON.stringify(written);
}

/** A report as it is written. */
interface WrittenReport extends MeshReport {
  /** Some may be of a kind that only a newer version knows. */
  readonly newerFindings?: readonly NewerFinding[] | undefined;
}

interface NewerFinding extends Omit<Finding, 'kind'> {
  readonly kind: string;
}

const counts = {
  count: isCount,
  found: listOf(has<Found>({ name: isString, why: isString, next: optional(isString) })),
};
const isFinding = has<Finding>({ kind: oneOf(...findingKinds), ...counts });
const isNewerFinding = has<NewerFinding>({ kind: isString, ...counts });

const isReport = has<WrittenReport>({
  connected: isCount,
  synced: isCount,
  rejected: isCount,
  late: optional(isCount),
  expected: isCount,
  starting: isCount,
  leftOut: isCount,
  findings: listOf(isFinding),
  newerFindings: optional(listOf(isNewerFinding)),
});

/**
 * The report in `text`; undefined when there is none, or when it is not what formatMeshReport writes. Leaves out newer
 * findings of kinds that this version does not know. Never throws.
 */
export function parseMeshReport(text: string | undefined): MeshReport | undefined {
  const written = parseGuarded(text, isReport);
  if (written === undefined) return undefined;
  const { findings, newerFindings = [], ...rest } = written;
  const all = [...findings, ...newerFindings];
  const ofKind = (kind: FindingKind): readonly Finding[] =>
    all.filter((finding): finding is Finding => finding.kind === kind);
  return { ...rest, findings: findingKinds.flatMap(ofKind) };
}
