// Input: the plan, the evidence of all replicas, the existing pods, and the issuers. Output: the report from which the
// operator decides. Rule: a proxy whose state is unknown counts as not acknowledged.
import type {
  BootstrapsReport,
  CertificateReport,
  RootReport,
  AckCounts,
} from '../api/certificate-report.ts';
import { isSetAside } from '../api/set-aside.ts';
import type { IssuingPlan } from '../certificates/issuing-plan.ts';
import type { IssueFailure } from '../certificates/leaves/issue-failures.ts';
import type { LeafHealth } from '../certificates/leaves/rotator.ts';
import { onceFor } from '../common/once-for.ts';
import { originKey, type Origin } from '../policy/origin.ts';
import { channelOrigin, maxNamed, type ObjectEvidence } from '../xds/evidence/evidence.ts';
import type { JoinedEvidence } from '../xds/evidence/join.ts';
import type { HeldBootstraps } from './bootstrap-publisher.ts';
import type { GatewayFacts } from '../certificates/gateway/gateway-ledger.ts';
import { leafOrigin, trustOrigin } from './workload-secrets.ts';

/** The input of a report. The facts about the gateway's Secret are passed on. */
export interface ReportFacts extends GatewayFacts {
  readonly plan: IssuingPlan;
  readonly evidence: JoinedEvidence;
  /** Running pods of the mesh whose proxy has started: uid, and `<namespace>/<pod>`. */
  readonly running: readonly (readonly [string, string])[];
  /** The pods and namespaces that the MeshConfig lets a switch of roots go on without. */
  readonly setAside: readonly string[];
  readonly roots: Readonly<Record<string, RootReport>>;
  /** Which namespaces have a bootstrap with the trusted roots; undefined while that is not known. */
  readonly bootstraps: HeldBootstraps | undefined;
  readonly health: LeavesFacts;
}

type LeavesFacts = Omit<LeafHealth, 'failure'> & {
  readonly failure: Omit<IssueFailure, 'keys'> | undefined;
};

/** Pure. */
export function certificateReportOf(facts: ReportFacts): CertificateReport {
  const { plan, evidence, running, roots, bootstraps } = facts;
  const { gateway, gatewaysLeft, gatewayTrouble, released } = facts;
  // Compared by uid: the stream of an earlier pod with the same name does not belong to this pod.
  const absent = running
    .filter(([uid]) => !evidence.streams.has(uid))
    .map(([, pod]) => pod)
    .toSorted();
  const witnesses = (origin: Omit<Origin, 'generation'>, step: number): AckCounts =>
    witnessesOf({ evidence, absent, setAside: facts.setAside }, { ...origin, generation: step });
  return {
    step: evidence.step,
    // While a replaced stream still counts, its ACKs prove nothing.
    complete: evidence.complete && evidence.outdated.length === 0,
    setAside: facts.setAside,
    roots,
    trust: witnesses(trustOrigin, plan.trustedStep),
    leaves: witnesses(leafOrigin, plan.signerStep),
    channel: witnesses(channelOrigin, plan.serverStep),
    bootstraps: bootstraps && bootstrapsReport(bootstraps, plan.trustedStep, running),
    ...(gateway && { gateway }),
    ...(gatewaysLeft && { gatewaysLeft }),
    ...(gatewayTrouble && { gatewayTrouble }),
    ...(released && { released }),
    health: healthOf(facts.health),
  };
}

/** The most pods named for one namespace: as many as can be set aside. */
const maxUnserved = 200;

function bootstrapsReport(
  { since, unserved }: HeldBootstraps,
  step: number,
  running: ReportFacts['running'],
): BootstrapsReport {
  if (unserved.length === 0) return { step, since };
  const podsOf = (namespace: string): readonly string[] =>
    running
      .map(([, pod]) => pod)
      .filter((pod) => pod.startsWith(`${namespace}/`))
      .toSorted();
  return {
    ...{ step, since },
    unserved: unserved.map((one) => {
      const pods = podsOf(one.namespace);
      return { ...one, pods: pods.slice(0, maxUnserved), total: pods.length };
    }),
  };
}

type Tallied = Pick<ObjectEvidence, 'acknowledged' | 'aside' | 'unstarted' | 'waiting'>;

interface Electorate {
  readonly evidence: JoinedEvidence;
  /** Pods without a stream. */
  readonly absent: readonly string[];
  readonly setAside: readonly string[];
}

/**
 * The replicas counted the streams of this step and know which of them are set aside. For all other pods this function
 * finds out.
 */
function witnessesOf(
  { evidence, absent, setAside }: Electorate,
  { generation: step, ...origin }: Origin,
): AckCounts {
  const found = evidence.objects.get(originKey(origin));
  const isOfStep = found?.origin.generation === step;
  const counted: Tallied = isOfStep ? found : { acknowledged: 0, waiting: [] };
  const silent = isOfStep ? absent : [...absent, ...connectedPods(evidence.streams)];
  const waiting = silent.filter((pod) => !isSetAside(pod, setAside));
  const { acknowledged, aside = 0, unstarted = 0 } = counted;
  const total = evidence.connected + absent.length - unstarted;
  return {
    step,
    acknowledged: Math.min(acknowledged, total),
    total,
    aside: silent.length - waiting.length + aside,
    waiting: [...waiting, ...counted.waiting].slice(0, maxNamed),
  };
}

/** Computed once for each set of streams. */
const connectedPods = onceFor((streams: JoinedEvidence['streams']): readonly string[] =>
  [...new Set([...streams.values()].map(({ pod }) => pod))].toSorted(),
);

function healthOf({
  held,
  waiting,
  earliestExpiry,
  failure,
}: LeavesFacts): CertificateReport['health'] {
  return {
    held,
    waiting,
    ...(earliestExpiry === undefined ? {} : { earliestExpiry }),
    ...(failure === undefined
      ? {}
      : { failure: { code: failure.code, message: failure.message, since: failure.since } }),
  };
}
