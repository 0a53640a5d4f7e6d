// Input: the report of the control plane. Output: what ProxiesSynced says.
import type { MeshReport } from '../api/mesh-report.ts';
import type { WantedCondition, World } from './condition-words.ts';
import { counted } from './counted.ts';
import { sentenceOf } from './findings.ts';
import { findingIn, noReport, reportIn } from './report-in.ts';

/** Shows of each policy how many proxies have it. */
const policies = 'kubectl get traffictarget,httproutegroup,tcproute,trafficsplit -A';

const type = 'ProxiesSynced';

export function judgeProxies(world: World): WantedCondition {
  const report = reportIn(world);
  if (report === undefined) return { type, ...noReport(world) };
  // What a proxy refused is known for certain, whatever another replica would say.
  if (report.rejected > 0) return someRejected(report);
  const unreachable = findingIn(report, 'replica-unreachable');
  if (unreachable !== undefined) {
    const message = sentenceOf(unreachable);
    return { type, status: 'Unknown', reason: 'ReplicaUnreachable', message };
  }
  if (report.synced < report.connected) return someBehind(report);
  const message = report.connected === 0 ? 'No proxy is connected.' : `${countOf(report)}.`;
  return { type, status: 'True', reason: 'AllSynced', message };
}

function countOf({ synced, connected }: MeshReport): string {
  return `${counted(synced, connected, ['proxy has', 'proxies have'])} acknowledged everything`;
}

function someRejected(report: MeshReport): WantedCondition {
  const { rejected } = report;
  const [go, they] = rejected === 1 ? ['goes', 'it'] : ['go', 'they'];
  const unreachable = findingIn(report, 'replica-unreachable');
  const message = [
    `${countOf(report)}; ${rejected} rejected something and ${go} on with what ${they} had.`,
    `The status of the policies says what. Next: ${policies}.`,
    ...(unreachable === undefined ? [] : [sentenceOf(unreachable)]),
  ].join(' ');
  return { type, status: 'False', reason: 'ProxiesRejected', message };
}

function someBehind(report: MeshReport): WantedCondition {
  const { late = 0 } = report;
  const lasting = `; ${late} of the others ${late === 1 ? 'has' : 'have'} been behind for 15 s. Next: ${policies}.`;
  const message = countOf(report) + (late > 0 ? lasting : `. Next, if that lasts: ${policies}.`);
  return { type, status: 'False', reason: 'Pending', message };
}
