import type { CertificateReport, RootReport } from '../api/certificate-report.ts';
import type { IssuingPlan } from '../certificates/issuing-plan.ts';
import { isWorkload } from '../mesh/pod-state.ts';
import type { BootstrapKeeper } from './bootstrap-keeper.ts';
import type { Ground } from './ground.ts';
import type { PeerEvidence } from './peer-evidence.ts';
import type { LivingPod } from '../pods/pod-life.ts';
import { hasRun } from '../pods/switch-standing.ts';
import { setAsideIn } from './set-aside-in.ts';
import { decodeFacts, joinLeaves } from './replica-facts.ts';
import { certificateReportOf } from './certificate-report-of.ts';
import type { RootParts } from './root-parts.ts';
import { rootReportOf } from '../certificates/plan/root-report-of.ts';

interface Reporting {
  readonly ground: Ground;
  readonly roots: RootParts;
  readonly peers: PeerEvidence;
  readonly bootstraps: BootstrapKeeper;
}

/** The report as it should be now; undefined before there is a plan and the state of the gateway's Secret is known. */
export function reportNow({
  ground,
  roots,
  peers,
  bootstraps,
}: Reporting): CertificateReport | undefined {
  const { issuing, gateway } = roots;
  const { plan } = issuing.issuers;
  const kept = gateway.report();
  if (plan === undefined || kept === undefined) return undefined;
  const evidence = peers.joined();
  const bundle = issuing.issuers.bundle();
  return certificateReportOf({
    plan,
    evidence,
    running: runningPods(ground),
    setAside: setAsideIn(ground),
    roots: rootsOf(plan, roots),
    bootstraps: bundle && bootstraps.held(bundle.pem),
    ...kept,
    health: joinLeaves(evidence.facts.flatMap((text) => decodeFacts(text) ?? [])),
  });
}

/** Running pods whose sidecar has run: a sidecar has the roots of the time when it was started. */
function runningPods({ sources, membership }: Ground): readonly (readonly [string, string])[] {
  const pods = [...sources.cluster.Pod.objects.values()] as LivingPod[];
  return pods
    .filter((pod) => pod.status?.phase === 'Running' && hasRun(pod))
    .filter((pod) => isWorkload(pod, membership.meshName))
    .map(({ metadata }) => [metadata.uid ?? '', `${metadata.namespace ?? ''}/${metadata.name}`]);
}

function rootsOf(
  plan: IssuingPlan,
  { issuing, prober }: RootParts,
): Readonly<Record<string, RootReport>> {
  const roots: Record<string, RootReport> = {};
  for (const { name } of [plan.signer, plan.serverSigner]) {
    const issuer = issuing.issuers.of(name);
    if (issuer !== undefined) roots[name] = rootReportOf(issuer.authority(), issuer.trouble());
  }
  const { candidate } = plan;
  const probed = candidate && prober.reportOn(candidate);
  if (candidate !== undefined && probed !== undefined) roots[candidate.name] = probed;
  return roots;
}
