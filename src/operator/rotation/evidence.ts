import type { CertificatePlan } from '../../api/certificate-plan.ts';
import type { CertificateReport, Witnesses } from '../../api/certificate-report.ts';
import { timestamp } from '../../common/timestamp.ts';

/** What a switch is judged by, besides the plan and where it is to lead. */
export interface SwitchFacts {
  /** Milliseconds since the epoch, as all times here. */
  readonly now: number;
  /** What the leader of the control plane said last. */
  readonly report: CertificateReport | undefined;
  /** Roots whose certificates are in their record already. */
  readonly pinned: ReadonlySet<string>;
  /** Whether the live webhook configurations trust all that the plan trusts. */
  readonly webhooksTrust: boolean;
  /** Whether a certificate for an ingress gateway is asked for. */
  readonly gateway: boolean;
  readonly patience: Patience;
}

/** spec.certificate.rotation in milliseconds and names. */
export interface Patience {
  readonly bundlePropagationMs: number;
  readonly setAsideAfterMs: number;
  readonly setAside: readonly string[];
}

/** How far the proof is that a step needs. */
export interface Evidence {
  readonly acknowledged: number;
  readonly total: number;
  readonly waiting: readonly string[];
  /** What is missing, in words; empty when all is proven. */
  readonly lacks: readonly string[];
  /** When to look again, where time is all that is missing. */
  readonly until?: number | undefined;
}

/** Proof that everybody trusts what the plan trusts: proxies, pods to come, webhooks, the gateway. */
export function proveTrust(plan: CertificatePlan, facts: SwitchFacts, since: number): Evidence {
  const { trustedStep } = plan;
  return gather(plan, facts, (report) => {
    const { bootstraps, gateway } = report;
    const counted = judge(report.trust, trustedStep, { facts, since, what: 'the roots' });
    const lacks = [...counted.lacks];
    if (!facts.webhooksTrust) lacks.push('the webhooks do not have all roots yet');
    if (bootstraps === undefined || bootstraps.step < trustedStep) {
      lacks.push('not every namespace has the roots that pods start with');
    }
    if (facts.gateway && (gateway === undefined || gateway.trustedStep < trustedStep)) {
      lacks.push("the ingress gateway's Secret does not have the roots yet");
    }
    return { ...counted, lacks };
  });
}

/** Proof that no proxy uses a certificate that another than the plan's signer signed. */
export function proveLeaves(plan: CertificatePlan, facts: SwitchFacts, since: number): Evidence {
  return gather(plan, facts, ({ leaves }) =>
    judge(leaves, plan.signerStep, { facts, since, what: 'their new certificate' }),
  );
}

/** Proof that running pods had the time to learn the roots that the control plane is known by. */
export function proveBootstraps(plan: CertificatePlan, facts: SwitchFacts): Evidence {
  return gather(plan, facts, ({ bootstraps }) => {
    if (bootstraps === undefined || bootstraps.step < plan.trustedStep) {
      return { ...nobody, lacks: ['not every namespace has the roots that pods start with'] };
    }
    const until = bootstraps.since + facts.patience.bundlePropagationMs;
    if (until <= facts.now) return nobody;
    const lack = `running pods get the roots of their namespace until ${timestamp(until)}`;
    return { ...nobody, lacks: [lack], until };
  });
}

/** Proof that every stream to the control plane runs on the certificate it has now. */
export function proveChannel(plan: CertificatePlan, facts: SwitchFacts, since: number): Evidence {
  const what = "the control plane's new certificate";
  return gather(plan, facts, ({ channel }) =>
    judge(channel, plan.serverStep, { facts, since, what }),
  );
}

/** Proof that the ingress gateway has a certificate of the plan's signer. */
export function proveGateway(plan: CertificatePlan, facts: SwitchFacts): Evidence {
  return gather(plan, facts, ({ gateway }) => {
    if (!facts.gateway || (gateway?.signerStep ?? 0) >= plan.signerStep) return nobody;
    return { ...nobody, lacks: ["the ingress gateway's Secret has no new certificate yet"] };
  });
}

/** All of them together; counts are those of the first that lacks proxies, or else of the last that counts. */
export function together(...all: readonly [Evidence, ...Evidence[]]): Evidence {
  const counting = all.filter((one) => one.total > 0);
  const shown = counting.find(({ lacks }) => lacks.length > 0) ?? counting.at(-1) ?? all[0];
  const until = all.findLast((one) => one.until !== undefined)?.until;
  const lacks = [...new Set(all.flatMap((one) => one.lacks))];
  return { ...shown, lacks, until };
}

const nobody: Evidence = { acknowledged: 0, total: 0, waiting: [], lacks: [] };

/** A report that is late or partial proves nothing, whatever it counts. */
function gather(
  plan: CertificatePlan,
  { report }: SwitchFacts,
  read: (report: CertificateReport) => Evidence,
): Evidence {
  if (report === undefined) {
    return { ...nobody, lacks: ['the control plane does not report'] };
  }
  const found = read(report);
  const lacks: string[] = [];
  if (report.step < plan.step) {
    lacks.push(`not every replica of the control plane follows step ${plan.step} yet`);
  }
  if (!report.complete) lacks.push('a replica of the control plane cannot be asked');
  return { ...found, lacks: [...lacks, ...found.lacks] };
}

interface Question {
  readonly facts: SwitchFacts;
  readonly since: number;
  readonly what: string;
}

function judge(witnesses: Witnesses, step: number, { facts, since, what }: Question): Evidence {
  const { acknowledged, total, waiting } = witnesses;
  const counts = { acknowledged, total, waiting };
  if (witnesses.step !== step) {
    return { ...counts, acknowledged: 0, lacks: ['the proxies are not counted for this step yet'] };
  }
  const { setAside, setAsideAfterMs } = facts.patience;
  // Only who is named as waiting can be set aside: the number of others would be a guess.
  const named = setAside.filter((name) => waiting.includes(name));
  const until = since + setAsideAfterMs;
  const spared = until <= facts.now ? new Set(named).size : 0;
  if (acknowledged + spared >= total) return { ...counts, lacks: [] };
  const lack = `${acknowledged} of ${total} proxies have acknowledged ${what}`;
  if (named.length === 0 || spared > 0) return { ...counts, lacks: [lack] };
  return {
    ...counts,
    lacks: [lack, `${named.join(', ')} set aside from ${timestamp(until)}`],
    until,
  };
}
