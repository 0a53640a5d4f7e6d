// Input: the report of the control plane. Output: what the conditions say of proxies, pods and Services.
// Rule: what nobody can know now is Unknown, never what it was.
import type { Finding, FindingKind, MeshReport } from '../api/mesh-report.ts';
import { logsOf, type Reason, type WantedCondition, type World } from './condition-words.ts';
import { counted } from './counted.ts';
import { sentenceOf } from './findings.ts';

/** The report, while it can be believed. */
export function reportIn({ proxies, silentSince, rollout }: World): MeshReport | undefined {
  return silentSince === undefined && (rollout?.available ?? 0) > 0 ? proxies : undefined;
}

function noReport(world: World): Pick<WantedCondition, 'status' | 'reason' | 'message'> {
  const { silentSince, namespace } = world;
  const since =
    silentSince === undefined ? 'does not report' : `has not reported since ${silentSince}`;
  const message = `The control plane ${since}. Next: ${logsOf(namespace)}.`;
  return { status: 'Unknown', reason: 'NoReport', message };
}

/** Shows of each policy how many proxies have it. */
const policies = 'kubectl get traffictarget,httproutegroup,tcproute,trafficsplit -A';

export function judgeProxies(world: World): WantedCondition {
  const type = 'ProxiesSynced';
  const report = reportIn(world);
  if (report === undefined) return { type, ...noReport(world) };
  const unreachable = findingIn(report, 'replica-unreachable');
  if (unreachable !== undefined) {
    const message = sentenceOf(unreachable);
    return { type, status: 'Unknown', reason: 'ReplicaUnreachable', message };
  }
  const { connected, synced, rejected } = report;
  if (connected === 0) {
    return { type, status: 'True', reason: 'AllSynced', message: 'No proxy is connected.' };
  }
  const count = `${counted(synced, connected, ['proxy has', 'proxies have'])} acknowledged everything`;
  if (rejected > 0) {
    const message = `${count}; ${rejected} rejected something and ${rejected === 1 ? 'goes' : 'go'} on with what ${rejected === 1 ? 'it' : 'they'} had. The status of the policies says what. Next: ${policies}.`;
    return { type, status: 'False', reason: 'ProxiesRejected', message };
  }
  if (synced < connected) {
    const message = `${count}. Next, if that lasts: ${policies}.`;
    return { type, status: 'False', reason: 'Pending', message };
  }
  return { type, status: 'True', reason: 'AllSynced', message: `${count}.` };
}

/** Reasons of PodsInMesh for which pods do not do what the mesh promises them. */
const podReasons: readonly (readonly [FindingKind, Reason])[] = [
  ['certificate-refused', 'CertificateRefused'],
  ['sidecar-crashing', 'SidecarsCrashing'],
  ['sidecar-stuck', 'SidecarsStuck'],
  ['sidecar-lost', 'SidecarsLost'],
  ['without-sidecar', 'PodsWithoutSidecar'],
];

export function judgePods(world: World): WantedCondition {
  const type = 'PodsInMesh';
  const report = reportIn(world);
  if (report === undefined) return { type, ...noReport(world) };
  const { connected, expected, starting, leftOut } = report;
  const out =
    leftOut > 0 ? ` ${leftOut} ${leftOut === 1 ? 'pod is' : 'pods are'} left out on purpose.` : '';
  const bad = podReasons.flatMap(([kind, reason]) => {
    const finding = findingIn(report, kind);
    return finding === undefined ? [] : [{ reason, sentence: sentenceOf(finding) }];
  });
  const restarted = findingIn(report, 'sidecar-restarted');
  const sentences = [
    ...bad.map(({ sentence }) => sentence),
    ...(restarted === undefined ? [] : [sentenceOf(restarted)]),
  ];
  const all =
    expected === 0
      ? 'No pod is to have a sidecar'
      : `${counted(connected, expected, ['pod is', 'pods are'])} connected`;
  const count = `${all}.${out}`;
  const [worst] = bad;
  if (worst !== undefined) {
    const message = `${sentences.join(' ')} ${count}`;
    return { type, status: 'False', reason: worst.reason, message };
  }
  if (restarted !== undefined) {
    const message = `${sentences.join(' ')} ${count}`;
    return { type, status: 'True', reason: 'SidecarsRestarted', message };
  }
  if (starting > 0) {
    const message = `${starting} ${starting === 1 ? 'pod is' : 'pods are'} starting. ${count}`;
    return { type, status: 'True', reason: 'PodsStarting', message };
  }
  return { type, status: 'True', reason: 'AllInMesh', message: count };
}

export function judgeServices(world: World): WantedCondition {
  const type = 'ServicesServed';
  const report = reportIn(world);
  if (report === undefined) return { type, ...noReport(world) };
  const finding = findingIn(report, 'service-not-served');
  return finding === undefined
    ? {
        type,
        status: 'True',
        reason: 'AllServed',
        message: 'Every Service of the mesh is served as declared.',
      }
    : { type, status: 'False', reason: 'ServicesNotServed', message: sentenceOf(finding) };
}

/** What is wrong with the certificate that the control plane shows to proxies, if anything. */
export function judgeServerCertificate(world: World): WantedCondition | undefined {
  const type = 'CertificatesReady';
  const report = reportIn(world);
  if (report === undefined) return undefined;
  const shown = findingIn(report, 'server-certificate');
  const refused = findingIn(report, 'certificate-refused');
  const [finding, reason] =
    shown === undefined
      ? ([refused, 'CertificateRefused'] as const)
      : ([shown, 'ServerCertificateBad'] as const);
  return finding && { type, status: 'False', reason, message: sentenceOf(finding) };
}

/** What of a mesh that serves is not as it should be: the sentences that Ready adds. */
export function gapsIn(parts: readonly WantedCondition[]): readonly string[] {
  return parts.filter(isGap).map(({ message }) => message);
}

const gapReasons = new Set<Reason>([
  'ReplicasMissing',
  'RolloutStuck',
  'RootEndsSoon',
  'SidecarsRestarted',
  'PodsStarting',
]);

function isGap({ status, reason }: WantedCondition): boolean {
  return status !== 'True' || gapReasons.has(reason);
}

function findingIn({ findings }: MeshReport, kind: FindingKind): Finding | undefined {
  return findings.find((finding) => finding.kind === kind);
}
