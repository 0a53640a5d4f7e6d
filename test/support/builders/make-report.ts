import type { Finding, FindingKind, MeshReport } from '../../../src/api/mesh-report.ts';

/** A report of three pods that are all well, unless set otherwise. */
export function makeReport(more: Partial<MeshReport> = {}): MeshReport {
  const connected = more.connected ?? 3;
  const none = { rejected: 0, late: 0, starting: 0, leftOut: 0, findings: [] };
  return { ...none, connected, synced: connected, expected: connected, ...more };
}

/** So many of a kind, pods or Services `shop/<name>-1` and so on, of which the first five are named. */
export function makeFinding(kind: FindingKind, count = 1, why = 'why'): Finding {
  const found = Array.from({ length: Math.min(count, 5) }, (_, at) => ({
    name: `shop/web-${at + 1}`,
    why,
  }));
  return { kind, count, found };
}
