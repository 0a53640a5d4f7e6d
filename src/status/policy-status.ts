import type { Condition } from '../api/core.ts';
import type { Diagnostic } from '../policy/diagnostic.ts';
import type { WholeEvidence } from '../xds/evidence/count-absent.ts';
import type { Rejection } from '../xds/evidence/evidence.ts';
import type { Closed } from '../mesh/closed-target.ts';
import type { WantedCondition } from '../api/condition.ts';

/** The status Weft writes on every SMI object. */
export interface PolicyStatus {
  readonly observedGeneration: number;
  /** `acknowledged/total`, or why there is no such number: what `kubectl get` shows. */
  readonly inForce: string;
  /** Of a TCPRoute: its ports as they are read, or "all". */
  readonly ports?: string;
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
  /** Of a TrafficTarget: why nothing of it can be in force, whatever proxies acknowledge. */
  readonly closed: Closed | undefined;
  /** Undefined: it concerns no proxy that there is, connected or not. */
  readonly evidence: WholeEvidence | undefined;
  /** False while some replica's proxies could not be asked. */
  readonly complete: boolean;
  readonly permissive: boolean;
}

/** A status without times: equal ones need no write. */
export type WantedPolicyStatus = Omit<PolicyStatus, 'conditions'> & {
  readonly conditions: readonly WantedCondition[];
};

/** Beside the conditions, the fields in which two statuses may differ. */
export const statusNumbers = ['observedGeneration', 'acknowledged', 'total', 'rejected'] as const;
export const statusTexts = ['inForce', 'ports'] as const;

/** As long as a message of a condition may be: more is of no use to a reader. */
export const longestSaid = 1_024;

/** As much of it as a reader has use for. */
export function short(message: string): string {
  return message.length <= longestSaid ? message : `${message.slice(0, longestSaid - 1)}…`;
}

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
        : short(shown.map((d) => d.message).join('; ')),
    observedGeneration: facts.generation,
  };
}

interface Verdict {
  readonly status: Condition['status'];
  readonly reason: string;
  readonly message: string;
}

const closedReasons: Readonly<Record<Closed, string>> = {
  'no pods': 'NoPods',
  'no sidecar': 'NoSidecar',
  'no port': 'NoPort',
};
const aboutMissing: readonly Diagnostic['code'][] = [
  'target-without-pods',
  'target-without-sidecar',
  'target-without-port',
];

/** What a TrafficTarget speaks of that is not there. */
function missing({ diagnostics }: PolicyFacts): readonly string[] {
  return diagnostics.filter(({ code }) => aboutMissing.includes(code)).map((d) => d.message);
}

function reasonOf({ closed }: PolicyFacts, otherwise: string): string {
  return closed === undefined ? otherwise : closedReasons[closed];
}

function idleVerdict(facts: PolicyFacts): Verdict {
  if (facts.permissive && facts.kind !== 'TrafficSplit') {
    return {
      status: 'True',
      reason: 'PermissiveMode',
      message: 'no proxy is concerned: permissive mode allows all traffic, access policies wait',
    };
  }
  const message = ['no proxy is concerned', ...missing(facts)].join('; ');
  return { status: 'True', reason: reasonOf(facts, 'NoProxyConcerned'), message };
}

/** What a proxy says is shown to its own namespace alone: to others anybody could write anything by it. */
function refusalBy({ pod, resource, message }: Rejection, namespace: string): string {
  const words = pod.startsWith(`${namespace}/`)
    ? message.replaceAll(/[\p{C}\s]+/gu, ' ').trim()
    : 'the log of the control plane has its words, for it is a pod of another namespace';
  return `${pod} refused ${resource}: ${words}`;
}

function rejectedVerdict(evidence: WholeEvidence): Verdict {
  const { namespace } = evidence.origin;
  const named = evidence.rejections.map((rejection) => refusalBy(rejection, namespace));
  const more = evidence.rejected - evidence.rejections.length;
  return {
    status: 'False',
    reason: 'Rejected',
    message: [...named, ...(more > 0 ? [`and ${more} more`] : [])].join('; '),
  };
}

/** Which proxies of the total have no stream, and how one is looked at. */
function absence({ starting, away, awayPods }: WholeEvidence): string {
  const more = away - awayPods.length;
  const names = [...awayPods, ...(more > 0 ? [`${more} more`] : [])].join(', ');
  const [first = ''] = awayPods;
  const [namespace = '', pod = ''] = first.split('/');
  return [
    ...(starting > 0 ? [`; ${starting} of them are starting or connecting again`] : []),
    ...(away > 0
      ? [`; not connected: ${names} (kubectl describe pod -n ${namespace} ${pod})`]
      : []),
  ].join('');
}

function evidenceVerdict(facts: PolicyFacts, evidence: WholeEvidence): Verdict {
  const { acknowledged, total, starting } = evidence;
  const part = isBroken(facts) ? ' what is valid of it; the rest is left out' : '';
  const count = `${acknowledged} of ${total} proxies acknowledged${part}${absence(evidence)}`;
  if (evidence.origin.generation < facts.generation) {
    return { status: 'False', reason: 'Pending', message: 'this generation is being compiled' };
  }
  // A pod that starts gets this before its application does: nothing of it is missing anywhere.
  if (acknowledged + starting < total)
    return { status: 'False', reason: 'Pending', message: count };
  const message = [count, ...missing(facts)].join('; ');
  return { status: 'True', reason: reasonOf(facts, 'Acknowledged'), message };
}

function programmedVerdict(facts: PolicyFacts): Verdict {
  if (isBroken(facts) && facts.evidence === undefined) {
    return { status: 'False', reason: 'NotAccepted', message: 'see the Accepted condition' };
  }
  // What a proxy refused is known for certain, whatever else is not.
  if (facts.evidence !== undefined && facts.evidence.rejected > 0)
    return rejectedVerdict(facts.evidence);
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
  if (facts.closed !== undefined && verdict.reason === closedReasons[facts.closed])
    return facts.closed;
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
      {
        ...{ type: 'Programmed', ...verdict, message: short(verdict.message) },
        observedGeneration: facts.generation,
      },
    ],
  };
}
