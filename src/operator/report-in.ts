// The report of the control plane, and the message while there is no current report.
import type { Finding, FindingKind, MeshReport } from '../api/mesh-report.ts';
import { logsOf, type JudgedCondition, type StatusInputs } from './condition-words.ts';

/** The report, while it is current. */
export function reportIn({ proxies, silentSince, rollout }: StatusInputs): MeshReport | undefined {
  return silentSince === undefined && (rollout?.available ?? 0) > 0 ? proxies : undefined;
}

export function noReport(
  world: StatusInputs,
): Pick<JudgedCondition, 'status' | 'reason' | 'message'> {
  const { silentSince, namespace } = world;
  const since =
    silentSince === undefined ? 'does not report' : `has not reported since ${silentSince}`;
  const message = `The control plane ${since}. Next: ${logsOf(namespace)}.`;
  return { status: 'Unknown', reason: 'NoReport', message };
}

export function findingIn({ findings }: MeshReport, kind: FindingKind): Finding | undefined {
  return findings.find((finding) => finding.kind === kind);
}
