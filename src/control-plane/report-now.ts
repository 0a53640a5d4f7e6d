import type { CertificateReport, RootReport } from '../api/certificate-report.ts';
import type { GatewayController } from '../certificates/gateway/gateway-controller.ts';
import type { IssuingPlan } from '../certificates/issuing-plan.ts';
import type { Issuing } from '../certificates/plan/issuing.ts';
import type { Prober } from '../certificates/plan/prober.ts';
import { rootReportOf } from '../certificates/plan/root-report-of.ts';
import type { Followed } from '../common/topic.ts';
import { isWorkload } from '../mesh/pod-state.ts';
import { hasRun } from '../pods/switch-standing.ts';
import type { BootstrapPublisher } from './bootstrap-publisher.ts';
import { certificateReportOf } from './certificate-report-of.ts';
import type { MeshConfigInForce } from './mesh-config-in-force.ts';
import type { MeshEvidence } from './peer-evidence.ts';
import { decodeFacts, joinLeaves } from './replica-facts.ts';
import type { Watches } from './watches.ts';

export interface CertificateReportDeps {
  readonly watches: Watches;
  readonly meshConfig: MeshConfigInForce;
  readonly issuing: Issuing;
  readonly prober: Prober;
  readonly gateway: GatewayController;
  readonly bootstraps: BootstrapPublisher;
  readonly evidence: Followed<MeshEvidence>;
}

/** The current report; undefined before there is a plan and the state of the gateway's Secret is known. */
export function reportNow(deps: CertificateReportDeps): CertificateReport | undefined {
  const { meshConfig, issuing, gateway, bootstraps } = deps;
  const { plan } = issuing.issuers;
  const kept = gateway.report();
  if (plan === undefined || kept === undefined) return undefined;
  const evidence = deps.evidence.value;
  const bundle = issuing.issuers.bundle();
  return certificateReportOf({
    plan,
    evidence,
    running: runningPods(deps),
    setAside: meshConfig.setAside,
    roots: rootsOf(plan, deps),
    bootstraps: bundle && bootstraps.held(bundle.pem),
    ...kept,
    health: joinLeaves(evidence.facts.flatMap((text) => decodeFacts(text) ?? [])),
  });
}

/** Running pods whose sidecar has run. A sidecar has the roots of the time when it was started. */
function runningPods({
  watches,
  meshConfig,
}: CertificateReportDeps): readonly (readonly [string, string])[] {
  const { meshName } = meshConfig.membership;
  return [...watches.cluster.Pod.objects.values()]
    .filter((pod) => pod.status?.phase === 'Running' && hasRun(pod))
    .filter((pod) => isWorkload(pod, meshName))
    .map(({ metadata }) => [metadata.uid ?? '', `${metadata.namespace ?? ''}/${metadata.name}`]);
}

function rootsOf(
  plan: IssuingPlan,
  { issuing, prober }: CertificateReportDeps,
): Readonly<Record<string, RootReport>> {
  const roots: Record<string, RootReport> = {};
  for (const { name } of [plan.signer, plan.serverSigner]) {
    const issuer = issuing.issuers.forRoot(name);
    if (issuer !== undefined) roots[name] = rootReportOf(issuer.authority(), issuer.lastFailure());
  }
  const { candidate } = plan;
  const probed = candidate && prober.reportOn(candidate);
  if (candidate !== undefined && probed !== undefined) roots[candidate.name] = probed;
  return roots;
}
