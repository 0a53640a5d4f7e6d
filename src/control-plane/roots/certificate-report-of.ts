// Input: the plan, everybody's evidence, the pods there are, and the issuers. Output: the report that
// the operator decides by. Rule: who cannot be counted as having followed counts as not having.
import type { CertificateReport, RootReport, Witnesses } from '../../api/certificate-report.ts';
import type { IssuingPlan } from '../../certificates/issuing-plan.ts';
import type { LeafHealth } from '../../certificates/rotator.ts';
import { originKey, type Origin } from '../../policy/origin.ts';
import { channelOrigin, maxNamed } from '../../xds/server/evidence.ts';
import type { JoinedEvidence } from '../../xds/server/join.ts';
import type { GatewayFacts } from './gateway-keeper.ts';
import { leafOrigin, trustOrigin } from './workload-secrets.ts';

/** All that a report is made from; what concerns the gateway's Secret is passed on. */
export interface ReportFacts extends GatewayFacts {
  readonly plan: IssuingPlan;
  readonly evidence: JoinedEvidence;
  /** Pods of the mesh that run, so that their proxy has started, as `<namespace>/<pod>`. */
  readonly running: readonly string[];
  readonly roots: Readonly<Record<string, RootReport>>;
  /** Since when all bootstraps hold the roots that are trusted; ms since the epoch. */
  readonly bootstrapsSince: number | undefined;
  readonly health: LeafHealth;
}

/** Pure. */
export function certificateReportOf(facts: ReportFacts): CertificateReport {
  const { plan, evidence, running, roots, bootstrapsSince, gateway, released } = facts;
  const absent = running.filter((pod) => !evidence.pods.has(pod)).toSorted();
  const witnesses = (origin: Omit<Origin, 'generation'>, step: number): Witnesses =>
    witnessesOf(evidence, absent, { ...origin, generation: step });
  return {
    step: evidence.step,
    complete: evidence.complete,
    roots,
    trust: witnesses(trustOrigin, plan.trustedStep),
    leaves: witnesses(leafOrigin, plan.signerStep),
    channel: witnesses(channelOrigin, plan.serverStep),
    bootstraps:
      bootstrapsSince === undefined
        ? undefined
        : { step: plan.trustedStep, since: bootstrapsSince },
    ...(gateway && { gateway }),
    ...(released && { released }),
    health: healthOf(facts.health),
  };
}

function witnessesOf(
  evidence: JoinedEvidence,
  absent: readonly string[],
  { generation: step, ...origin }: Origin,
): Witnesses {
  const found = evidence.objects.get(originKey(origin));
  const isOfStep = found?.origin.generation === step;
  const waiting = isOfStep ? found.waiting : [...evidence.pods].toSorted();
  return {
    step,
    acknowledged: isOfStep ? found.acknowledged : 0,
    total: evidence.connected + absent.length,
    waiting: [...absent, ...waiting].slice(0, maxNamed),
  };
}

function healthOf({
  held,
  waiting,
  earliestExpiry,
  failure,
}: LeafHealth): CertificateReport['health'] {
  return {
    held,
    waiting,
    ...(earliestExpiry === undefined ? {} : { earliestExpiry }),
    ...(failure === undefined
      ? {}
      : { failure: { code: failure.code, message: failure.message, since: failure.since } }),
  };
}
