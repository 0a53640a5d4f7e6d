import type { Condition } from '../api/core.ts';
import { type PolicyKind, policyKinds } from '../api/policy-kinds.ts';
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
  readonly kind: PolicyKind;
  readonly generation: number;
  readonly diagnostics: readonly Diagnostic[];
  /** For a TrafficTarget: why it opens nothing, whatever proxies acknowledge. */
  readonly closed: Closed | undefined;
  /** Undefined: the object concerns no proxy of the mesh, connected or not. */
  readonly evidence: WholeEvidence | undefined;
  /** False while some replica's proxies could not be asked. */
  readonly complete: boolean;
  readonly permissive: boolean;
}

/** A status without times: a status that equals the current one needs no write. */
export type WantedPolicyStatus = Omit<PolicyStatus, 'conditions'> & {
  readonly conditions: readonly WantedCondition[];
};

/** The fields besides the conditions in which two statuses may differ. */
export const statusNumbers = ['observedGeneration', 'acknowledged', 'total', 'rejected'] as const;
export const statusTexts = ['inForce', 'ports'] as const;

/** The most characters of a condition's message: more is of no use to a reader. */
export const maxMessageLength = 1_024;

/** The message, cut to `maxMessageLength`. */
export function shortenMessage(message: string): string {
  return message.length <= maxMessageLength
    ? message
    : `${message.slice(0, maxMessageLength - 1)}…`;
}

function pascal(code: string): string {
  return code.replaceAll(/(^|-)([a-z])/g, (_, __, letter: string) => letter.toUpperCase());
}

/** Whether something of the object is left out: all of it, or the part that a diagnostic names. */
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
        : shortenMessage(shown.map((d) => d.message).join('; ')),
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

/** The messages about what a TrafficTarget names and does not exist. */
function missing({ diagnostics }: PolicyFacts): readonly string[] {
  return diagnostics.filter(({ code }) => aboutMissing.includes(code)).map((d) => d.message);
}

function reasonOf({ closed }: PolicyFacts, otherwise: string): string {
  return closed === undefined ? otherwise : closedReasons[closed];
}

function idleVerdict(facts: PolicyFacts): Verdict {
  if (facts.permissive && policyKinds[facts.kind].inPermissiveMode === 'waits') {
    return {
      status: 'True',
      reason: 'PermissiveMode',
      message:
        'the object concerns no proxy: permissive mode allows all traffic and ignores access policies',
    };
  }
  const message = ['the object concerns no proxy', ...missing(facts)].join('; ');
  return { status: 'True', reason: reasonOf(facts, 'NoProxyConcerned'), message };
}

/**
 * A proxy's own text is shown only in its own namespace: otherwise a proxy could write any text into other namespaces.
 */
function refusalBy({ pod, resource, message }: Rejection, namespace: string): string {
  const words = pod.startsWith(`${namespace}/`)
    ? message.replaceAll(/[\p{C}\s]+/gu, ' ').trim()
    : 'the pod is in another namespace, so only the log of the control plane has the error';
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

/** Text about the proxies without a stream, with the command to look at one. */
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
  const part = isBroken(facts) ? ' the valid part of the object; Weft leaves out the rest' : '';
  const count = `${acknowledged} of ${total} proxies acknowledged${part}${absence(evidence)}`;
  if (evidence.origin.generation < facts.generation) {
    return { status: 'False', reason: 'Pending', message: 'Weft is compiling this generation' };
  }
  // A pod that is starting gets its configuration before its application runs, so nothing is missing there.
  if (acknowledged + starting < total)
    return { status: 'False', reason: 'Pending', message: count };
  const message = [count, ...missing(facts)].join('; ');
  return { status: 'True', reason: reasonOf(facts, 'Acknowledged'), message };
}

function programmedVerdict(facts: PolicyFacts): Verdict {
  if (isBroken(facts) && facts.evidence === undefined) {
    return { status: 'False', reason: 'NotAccepted', message: 'see the Accepted condition' };
  }
  // A refusal is certain, even if the rest of the evidence is incomplete.
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
        ...{ type: 'Programmed', ...verdict, message: shortenMessage(verdict.message) },
        observedGeneration: facts.generation,
      },
    ],
  };
}
