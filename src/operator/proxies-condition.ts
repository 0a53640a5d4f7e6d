// Input: the report of the control plane. Output: the condition ProxiesSynced.
import type { MeshReport } from '../api/mesh-report.ts';
import type { JudgedCondition, StatusInputs } from './condition-words.ts';
import { counted } from './counted.ts';
import { sentenceOf } from './findings.ts';
import { findingIn, noReport, reportIn } from './report-in.ts';

/** The command that shows how many proxies have each policy. */
const policies = 'kubectl get traffictarget,httproutegroup,tcproute,trafficsplit -A';

const type = 'ProxiesSynced';

export function proxiesCondition(inputs: StatusInputs): JudgedCondition {
  const report = reportIn(inputs);
  if (report === undefined) return { type, ...noReport(inputs) };
  // A rejection is certain, even if a replica cannot be reached.
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

function someRejected(report: MeshReport): JudgedCondition {
  const others = [findingIn(report, 'proxy-late'), findingIn(report, 'replica-unreachable')];
  const sentences = others.filter((finding) => finding !== undefined).map(sentenceOf);
  const message = [`${countOf(report)}${rejectedIn(report)}`, ...sentences].join(' ');
  return { type, status: 'False', reason: 'ProxiesRejected', message };
}

/** A control plane of an older version does not name the proxies. */
function rejectedIn(report: MeshReport): string {
  const finding = findingIn(report, 'proxy-refusing');
  if (finding !== undefined) return `. ${sentenceOf(finding)}`;
  const { rejected } = report;
  const kept = rejected === 1 ? 'keeps its' : 'keep their';
  return `; ${rejected} rejected a resource and ${kept} previous configuration. The status of the policies has the reason. Next: ${policies}.`;
}

function someBehind(report: MeshReport): JudgedCondition {
  const message = `${countOf(report)}${behindIn(report)}`;
  return { type, status: 'False', reason: 'Pending', message };
}

/** A control plane of an older version does not name the proxies, or not for how long they have been behind. */
function behindIn(report: MeshReport): string {
  const finding = findingIn(report, 'proxy-late');
  if (finding !== undefined) return `. ${sentenceOf(finding)}`;
  const { late } = report;
  if (late === undefined) return `. Next, if that lasts: ${policies}.`;
  if (late === 0) return '. This message names each proxy that is late by 15 s.';
  return `; ${late} of the others ${late === 1 ? 'has' : 'have'} not acknowledged for 15 s. Next: ${policies}.`;
}
