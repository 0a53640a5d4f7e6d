import { reportKey, type CertificateReport } from '../../../src/api/certificate-report.ts';
import { certificatesConfigMap } from '../../../src/api/control-plane-names.ts';
import type { ConfigMap } from '../../../src/api/core.ts';
import { kinds } from '../../../src/api/kinds.ts';
import { parseReport } from '../../../src/api/parse-report.ts';
import { until } from '../time/until.ts';
import type { ReplicaRig } from './replicas-on-api-server.ts';

/** What the leader reports of certificates, as anybody may read it. */
async function certificateReportOf(rig: ReplicaRig): Promise<CertificateReport | undefined> {
  const ref = { kind: kinds.configMap, namespace: 'weft-system', name: certificatesConfigMap };
  const found = await rig.admin.get<ConfigMap>(ref, rig.signal);
  return parseReport(found?.data?.[reportKey]);
}

/** Waits for a report that `holds`, half a minute unless set otherwise; `what` names it for the failure. */
export async function reportThat(
  rig: ReplicaRig,
  what: string,
  { holds, withinMs = 30_000 }: Awaited,
): Promise<CertificateReport> {
  const report = await until(() => certificateReportOf(rig), {
    ...{ what, withinMs },
    holds: (one) => one !== undefined && holds(one),
  });
  return report!;
}

interface Awaited {
  readonly holds: (report: CertificateReport) => boolean;
  readonly withinMs?: number;
}
