// Input: the report of the control plane. Output: the conditions about pods and Services. Rule: a state that cannot be
// known now is Unknown, never the last known value.
import type { FindingKind, MeshReport } from '../api/mesh-report.ts';
import type { Reason, JudgedCondition, StatusInputs } from './condition-words.ts';
import { counted } from './counted.ts';
import { sentenceOf } from './findings.ts';
import { findingIn, noReport, reportIn } from './report-in.ts';

/** Reasons of PodsInMesh for which pods lack a service that the mesh promises. */
const podReasons: readonly (readonly [FindingKind, Reason])[] = [
  ['certificate-refused', 'CertificateRefused'],
  ['sidecar-crashing', 'SidecarsCrashing'],
  ['sidecar-stuck', 'SidecarsStuck'],
  ['sidecar-lost', 'SidecarsLost'],
  ['without-sidecar', 'PodsWithoutSidecar'],
  ['pod-left-out', 'PodsLeftOut'],
];

/** Reasons of PodsInMesh that are temporary: they end, or become one of the reasons above. */
const passingReasons: readonly (readonly [FindingKind, Reason])[] = [
  ['sidecar-disconnected', 'SidecarsDisconnected'],
  ['sidecar-restarted', 'SidecarsRestarted'],
];

const serviceReasons: readonly (readonly [FindingKind, Reason])[] = [
  ['service-not-served', 'ServicesNotServed'],
  ['namespace-left-out', 'NamespacesLeftOut'],
];

/** One sentence of a condition, with its reason. */
interface ConditionPart {
  readonly reason: Reason;
  readonly sentence: string;
}

function badIn(
  report: MeshReport,
  reasons: readonly (readonly [FindingKind, Reason])[],
): readonly ConditionPart[] {
  return reasons.flatMap(([kind, reason]) => {
    const finding = findingIn(report, kind);
    return finding === undefined ? [] : [{ reason, sentence: sentenceOf(finding) }];
  });
}

export function podsCondition(inputs: StatusInputs): JudgedCondition {
  const type = 'PodsInMesh';
  const report = reportIn(inputs);
  if (report === undefined) return { type, ...noReport(inputs) };
  const bad = badIn(report, podReasons);
  const passing = badIn(report, passingReasons);
  const states: readonly (readonly [JudgedCondition['status'], readonly ConditionPart[]])[] = [
    ['False', bad.length === 0 ? [] : [...bad, ...passing]],
    ['Unknown', hidden(report)],
    ['True', [...passing, ...startingIn(report)]],
  ];
  const [status, parts] = states.find(([, { length }]) => length > 0) ?? ['True', []];
  const message = [...parts.map(({ sentence }) => sentence), countOf(report)].join(' ');
  return { type, status, reason: parts[0]?.reason ?? 'AllInMesh', message };
}

/** Pods that seem to be missing may be connected to a replica that cannot be asked. */
function hidden(report: MeshReport): readonly ConditionPart[] {
  if (report.connected >= report.expected) return [];
  return badIn(report, [['replica-unreachable', 'ReplicaUnreachable']]);
}

/** The starting pods without those that were connected before, which another sentence names. */
function startingIn(report: MeshReport): readonly ConditionPart[] {
  const again = findingIn(report, 'sidecar-disconnected')?.count ?? 0;
  const starting = report.starting - again;
  if (starting <= 0) return [];
  const sentence = `${starting} ${starting === 1 ? 'pod is' : 'pods are'} starting.`;
  return [{ reason: 'PodsStarting', sentence }];
}

function countOf({ connected, expected, leftOut }: MeshReport): string {
  const all =
    expected === 0
      ? 'No pod needs a sidecar'
      : `${counted(connected, expected, ['pod is', 'pods are'])} connected`;
  const out =
    leftOut > 0 ? ` ${leftOut} ${leftOut === 1 ? 'pod is' : 'pods are'} left out on purpose.` : '';
  return `${all}.${out}`;
}

export function servicesCondition(inputs: StatusInputs): JudgedCondition {
  const type = 'ServicesServed';
  const report = reportIn(inputs);
  if (report === undefined) return { type, ...noReport(inputs) };
  const bad = badIn(report, serviceReasons);
  const [worst] = bad;
  if (worst === undefined) {
    const message = 'Every Service of the mesh is served as declared.';
    return { type, status: 'True', reason: 'AllServed', message };
  }
  const message = bad.map(({ sentence }) => sentence).join(' ');
  return { type, status: 'False', reason: worst.reason, message };
}

/** The problem of the certificate that the control plane presents to proxies, if any. */
export function serverCertificateCondition(inputs: StatusInputs): JudgedCondition | undefined {
  const type = 'CertificatesReady';
  const report = reportIn(inputs);
  if (report === undefined) return undefined;
  const shown = findingIn(report, 'server-certificate');
  const refused = findingIn(report, 'certificate-refused');
  const [finding, reason] =
    shown === undefined
      ? ([refused, 'CertificateRefused'] as const)
      : ([shown, 'ServerCertificateBad'] as const);
  return finding && { type, status: 'False', reason, message: sentenceOf(finding) };
}

/** The sentences that Ready adds about problems of a mesh that serves. */
export function gapsIn(parts: readonly JudgedCondition[]): readonly string[] {
  return parts.filter(isGap).map(({ message }) => message);
}

const gapReasons = new Set<Reason>([
  'ReplicasMissing',
  'RolloutStuck',
  'RootEndsSoon',
  'SidecarsDisconnected',
  'SidecarsRestarted',
  'PodsStarting',
]);

function isGap({ status, reason }: JudgedCondition): boolean {
  return status !== 'True' || gapReasons.has(reason);
}
