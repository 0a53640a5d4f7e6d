import type { Condition } from '../api/core.ts';
import type { Diagnostic } from '../policy/diagnostic.ts';
import type { ObjectEvidence } from '../xds/server/evidence.ts';
import type { WantedCondition } from '../api/condition.ts';

/** The status Weft writes on every SMI object. */
export interface PolicyStatus {
  readonly observedGeneration: number;
  /** `acknowledged/total`, or why there is no such number: what `kubectl get` shows. */
  readonly inForce: string;
  readonly acknowledged: number;
  readonly total: number;
  readonly rejected: number;
  readonly conditions: readonly Condition[];
}

/** All that is known of one object when its status is decided. */
export interface PolicyFacts {
  readonly kind: string;
  readonly generation: number;
  readonly diagnostics: readonly Diagnostic[];
  /** Undefined: nothing that any connected proxy holds was made from it. */
  readonly evidence: ObjectEvidence | undefined;
  /** False while some replica's proxies could not be asked. */
  readonly complete: boolean;
  readonly permissive: boolean;
}

/** A status without times: equal ones need no write. */
export type WantedPolicyStatus = Omit<PolicyStatus, 'conditions'> & {
  readonly conditions: readonly WantedCondition[];
};

function pascal(code: string): string {
  return code.replaceAll(/(^|-)([a-z])/g, (_, __, letter: string) => letter.toUpperCase());
}

/** Something of the object is left out: all of it, or the part that a diagnostic names. */
function isBroken(facts: PolicyFacts): boolean {
  return facts.diagnostics.some((d) => d.severity === 'error');
}

function accepted(facts: PolicyFacts): WantedCondition {
  const errors = facts.diagnostics.filter((d) => d.severity === 'error');
  const shown = errors.length > 0 ? errors : facts.diagnostics;
  const first = shown[0];
  return {
    type: 'Accepted',
    status: errors.length > 0 ? 'False' : 'True',
    reason: first === undefined ? 'Accepted' : pascal(first.code),
    message:
      first === undefined
        ? 'the object is well formed and every reference resolves'
        : shown.map((d) => d.message).join('; '),
    observedGeneration: facts.generation,
  };
}

interface Verdict {
  readonly status: Condition['status'];
  readonly reason: string;
  readonly message: string;
}

function idleVerdict(facts: PolicyFacts): Verdict {
  if (facts.permissive && facts.kind !== 'TrafficSplit') {
    return {
      status: 'True',
      reason: 'PermissiveMode',
      message: 'no proxy is concerned: permissive mode allows all traffic, access policies wait',
    };
  }
  return { status: 'True', reason: 'NoProxyConcerned', message: 'no connected proxy is concerned' };
}

function rejectedVerdict(evidence: ObjectEvidence): Verdict {
  const named = evidence.rejections.map((r) => `${r.pod} refused ${r.resource}: ${r.message}`);
  const more = evidence.rejected - evidence.rejections.length;
  return {
    status: 'False',
    reason: 'Rejected',
    message: [...named, ...(more > 0 ? [`and ${more} more`] : [])].join('; '),
  };
}

function evidenceVerdict(facts: PolicyFacts, evidence: ObjectEvidence): Verdict {
  const { acknowledged, total } = evidence;
  const part = isBroken(facts) ? ' what is valid of it; the rest is left out' : '';
  const count = `${acknowledged} of ${total} proxies acknowledged${part}`;
  if (evidence.rejected > 0) return rejectedVerdict(evidence);
  if (evidence.origin.generation < facts.generation) {
    return { status: 'False', reason: 'Pending', message: 'this generation is being compiled' };
  }
  return acknowledged < total
    ? { status: 'False', reason: 'Pending', message: count }
    : { status: 'True', reason: 'Acknowledged', message: count };
}

function programmedVerdict(facts: PolicyFacts): Verdict {
  if (isBroken(facts) && facts.evidence === undefined) {
    return { status: 'False', reason: 'NotAccepted', message: 'see the Accepted condition' };
  }
  if (!facts.complete) {
    return {
      status: 'Unknown',
      reason: 'EvidenceIncomplete',
      message: 'a control-plane replica cannot be reached, so its proxies are not counted',
    };
  }
  return facts.evidence === undefined ? idleVerdict(facts) : evidenceVerdict(facts, facts.evidence);
}

function inForce(facts: PolicyFacts, verdict: Verdict): string {
  if (verdict.reason === 'NotAccepted') return 'invalid';
  const counted = `${facts.evidence?.acknowledged ?? 0}/${facts.evidence?.total ?? 0}`;
  return facts.complete ? counted : `${counted}?`;
}

/** Decides what the status of an SMI object says, from diagnostics and the proxies' own evidence. */
export function policyStatus(facts: PolicyFacts): WantedPolicyStatus {
  const verdict = programmedVerdict(facts);
  return {
    observedGeneration: facts.generation,
    inForce: inForce(facts, verdict),
    acknowledged: facts.evidence?.acknowledged ?? 0,
    total: facts.evidence?.total ?? 0,
    rejected: facts.evidence?.rejected ?? 0,
    conditions: [
      accepted(facts),
      { type: 'Programmed', ...verdict, observedGeneration: facts.generation },
    ],
  };
}
