import type { CertificatePlan } from '../api/certificate-plan.ts';
import type { CertificateReport, UnservedNamespace, AckCounts } from '../api/certificate-report.ts';
import { isSetAside } from '../api/set-aside.ts';
import { deepEqual } from '../common/equal.ts';
import { timestamp } from '../common/timestamp.ts';

/** The facts that prove a step of a switch, besides the plan and the intent. */
export interface SwitchFacts {
  /** Milliseconds since the epoch, as all times here. */
  readonly now: number;
  /** The last report of the control plane's leader. */
  readonly report: CertificateReport | undefined;
  /** Names of roots whose certificates are already in their records. */
  readonly pinned: ReadonlySet<string>;
  /** Whether the live webhook configurations trust all that the plan trusts. */
  readonly webhooksTrust: boolean;
  /** Whether the MeshConfig asks for a certificate for an ingress gateway. */
  readonly gateway: boolean;
  readonly patience: Patience;
}

/** spec.certificate.rotation, with its durations in milliseconds. */
export interface Patience {
  readonly bundlePropagationMs: number;
  readonly setAsideAfterMs: number;
  readonly setAside: readonly string[];
}

/** How much of the proof for a step is there. */
export interface RotationEvidence {
  readonly acknowledged: number;
  readonly total: number;
  /** How many of the proxies without acknowledgement are set aside. */
  readonly aside?: number;
  readonly waiting: readonly string[];
  /** What is missing, in words; empty when all is proven. */
  readonly lacks: readonly string[];
  /** When to look again, if only time is missing. */
  readonly until?: number | undefined;
}

/** Proves that proxies, future pods, webhooks and the ingress gateway trust all roots that the plan trusts. */
export function proveTrust(
  plan: CertificatePlan,
  facts: SwitchFacts,
  since: number,
): RotationEvidence {
  const { trustedStep } = plan;
  return gather(plan, facts, (report) => {
    const { gateway } = report;
    const counted = withUnserved(
      countAcks(report.trust, trustedStep, { facts, since, what: 'the roots' }),
      proveBootstrapMaps(report, trustedStep, { facts, since }),
    );
    const lacks = [...counted.lacks];
    if (!facts.webhooksTrust) lacks.push('the webhooks do not have all roots yet');
    if (facts.gateway && (gateway === undefined || gateway.trustedStep < trustedStep)) {
      lacks.push("the ingress gateway's Secret does not have the roots yet");
    }
    return { ...counted, lacks };
  });
}

/** Proves that every proxy uses a certificate that the plan's signer signed. */
export function proveLeaves(
  plan: CertificatePlan,
  facts: SwitchFacts,
  since: number,
): RotationEvidence {
  return gather(plan, facts, ({ leaves }) =>
    countAcks(leaves, plan.signerStep, { facts, since, what: 'their new certificate' }),
  );
}

/**
 * Proves that running pods had time to receive the roots by which proxies verify the control plane
 * (docs/decisions/0059).
 */
export function proveBootstraps(
  plan: CertificatePlan,
  facts: SwitchFacts,
  since: number,
): RotationEvidence {
  return gather(plan, facts, (report) => {
    const proof = proveBootstrapMaps(report, plan.trustedStep, { facts, since });
    const { bootstraps } = report;
    if (bootstraps === undefined || proof.lacks.length > 0) return proof;
    const until = bootstraps.since + facts.patience.bundlePropagationMs;
    if (until <= facts.now) return nothingToProve;
    const seconds = Math.round(facts.patience.bundlePropagationMs / 1000);
    const lack = `kubelets have ${seconds} s, until ${timestamp(until)}, to bring the roots to running pods`;
    return { ...nothingToProve, lacks: [lack], until };
  });
}

/**
 * Proves whether every namespace has the bootstrap roots. For a namespace that refuses the ConfigMap, the pods that
 * run there are waiting, each by its name; the pods of other namespaces are not (docs/decisions/0097).
 */
function proveBootstrapMaps(
  { bootstraps }: CertificateReport,
  step: number,
  question: Omit<Question, 'what'>,
): RotationEvidence {
  if (bootstraps === undefined || bootstraps.step < step) {
    return { ...nothingToProve, lacks: ['not every namespace has the roots that pods start with'] };
  }
  const { unserved = [] } = bootstraps;
  const held = unserved.map((one) => proveUnserved(one, question));
  return {
    ...nothingToProve,
    waiting: held.flatMap(({ waiting }) => waiting),
    lacks: held.flatMap(({ lacks }) => lacks),
    until: held.find(({ until }) => until !== undefined)?.until,
  };
}

function proveUnserved(
  { namespace, reason, pods, total }: UnservedNamespace,
  { facts, since }: Omit<Question, 'what'>,
): RotationEvidence {
  const { setAside, setAsideAfterMs } = facts.patience;
  const until = since + setAsideAfterMs;
  const isOver = until <= facts.now;
  const waiting = pods.filter((name) => !isSetAside(name, setAside));
  const isWhole = total === pods.length || setAside.includes(`${namespace}/*`);
  if (total === 0 || (isOver && waiting.length === 0 && isWhole)) return nothingToProve;
  const shown = waiting.slice(0, maxShown);
  const lack = `the namespace ${namespace} refuses the ConfigMap weft-bootstrap, so its ${total} pods do not get the roots that verify the control plane (${reason})`;
  if (waiting.length > 0 || isOver) return { ...nothingToProve, waiting: shown, lacks: [lack] };
  const aside = `its pods are set aside from ${timestamp(until)}`;
  return { ...nothingToProve, lacks: [lack, aside], until };
}

/** How many pods are listed at most. All pods of the namespace must be set aside, listed or not. */
const maxShown = 10;

function withUnserved(counted: RotationEvidence, unserved: RotationEvidence): RotationEvidence {
  return {
    ...counted,
    waiting: [...new Set([...counted.waiting, ...unserved.waiting])],
    lacks: [...counted.lacks, ...unserved.lacks],
    until: unserved.until ?? counted.until,
  };
}

/** Proves that every stream to the control plane uses the control plane's current certificate. */
export function proveChannel(
  plan: CertificatePlan,
  facts: SwitchFacts,
  since: number,
): RotationEvidence {
  const what = "the control plane's new certificate";
  return gather(plan, facts, ({ channel }) =>
    countAcks(channel, plan.serverStep, { facts, since, what }),
  );
}

/** Proves that the ingress gateway's Secret has a certificate of the plan's signer. */
export function proveGateway(plan: CertificatePlan, facts: SwitchFacts): RotationEvidence {
  return gather(plan, facts, ({ gateway }) => {
    if (!facts.gateway || (gateway?.signerStep ?? 0) >= plan.signerStep) return nothingToProve;
    return {
      ...nothingToProve,
      lacks: ["the ingress gateway's Secret has no new certificate yet"],
    };
  });
}

/**
 * Combines proofs. The counts come from the first proof that counts proxies and lacks something, else from the last
 * proof that counts proxies.
 */
export function together(
  ...all: readonly [RotationEvidence, ...RotationEvidence[]]
): RotationEvidence {
  const counting = all.filter((one) => one.total > 0);
  const shown = counting.find(({ lacks }) => lacks.length > 0) ?? counting.at(-1) ?? all[0];
  const until = all.findLast((one) => one.until !== undefined)?.until;
  const lacks = [...new Set(all.flatMap((one) => one.lacks))];
  return { ...shown, lacks, until };
}

const nothingToProve: RotationEvidence = { acknowledged: 0, total: 0, waiting: [], lacks: [] };

/** A report of an older step, or one that misses a replica, proves nothing, whatever it counts. */
function gather(
  plan: CertificatePlan,
  { report }: SwitchFacts,
  read: (report: CertificateReport) => RotationEvidence,
): RotationEvidence {
  if (report === undefined) {
    return { ...nothingToProve, lacks: ['the control plane does not report'] };
  }
  const found = read(report);
  const lacks: string[] = [];
  if (report.step < plan.step) {
    lacks.push('not every replica of the control plane has begun this phase yet');
  }
  if (!report.complete) lacks.push('a replica of the control plane cannot be asked');
  return { ...found, lacks: [...lacks, ...found.lacks] };
}

interface Question {
  readonly facts: SwitchFacts;
  readonly since: number;
  readonly what: string;
}

function countAcks(
  witnesses: AckCounts,
  step: number,
  { facts, since, what }: Question,
): RotationEvidence {
  const { acknowledged, total, waiting } = witnesses;
  const aside = asideIn(witnesses, facts);
  const counts = { acknowledged, total, waiting, ...(aside > 0 && { aside }) };
  if (witnesses.step !== step) {
    return { ...counts, acknowledged: 0, lacks: ['the proxies are not counted for this step yet'] };
  }
  const { setAsideAfterMs } = facts.patience;
  const until = since + setAsideAfterMs;
  const spared = until <= facts.now ? aside : 0;
  if (acknowledged + spared >= total) return { ...counts, lacks: [] };
  const lack = `${acknowledged} of ${total} proxies have acknowledged ${what}`;
  if (aside === 0 || spared > 0) return { ...counts, lacks: [lack] };
  return {
    ...counts,
    lacks: [lack, `${aside} of the others are set aside from ${timestamp(until)}`],
    until,
  };
}

/**
 * How many proxies are set aside. The control plane counts them, because it knows all their names; its count is
 * ignored while it uses another setAside list than ours. A control plane of an older version reports no count, so
 * only the names in `waiting` are compared with the list.
 */
function asideIn({ aside, waiting }: AckCounts, { report, patience }: SwitchFacts): number {
  const { setAside } = patience;
  if (aside === undefined) return waiting.filter((name) => isSetAside(name, setAside)).length;
  return deepEqual(report?.setAside ?? [], setAside) ? aside : 0;
}
