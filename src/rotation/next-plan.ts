import type { CertificatePlan } from '../api/certificate-plan.ts';
import { timestamp } from '../common/timestamp.ts';
import {
  type RotationEvidence,
  proveBootstraps,
  proveChannel,
  proveGateway,
  proveLeaves,
  proveTrust,
  type SwitchFacts,
  together,
} from './evidence.ts';

/** The state that the mesh should reach, by the names of MeshRootCertificates. */
export interface Intent {
  /** The root that should sign. */
  readonly target: string;
  /** Roots that should be trusted beside it. */
  readonly keep: readonly string[];
}

export type Phase = 'Preflight' | 'TrustBoth' | 'SignNew' | 'Settle' | 'DropOld';

/** The switch that the status reports. */
export interface Rotation {
  readonly to: string;
  readonly phase: Phase;
  /** Milliseconds since the epoch. */
  readonly since: number;
}

export interface Question {
  readonly plan: CertificatePlan;
  readonly intent: Intent;
  readonly facts: SwitchFacts;
  /** As the status reports it. Like the plan, it survives a restart of the operator. */
  readonly rotation: Rotation | undefined;
}

export interface Decision {
  /** The same object when nothing changes; otherwise its step is one higher. */
  readonly plan: CertificatePlan;
  /** Undefined when the mesh has reached the intent. */
  readonly rotation: Rotation | undefined;
  /** What this phase waits for. */
  readonly evidence: RotationEvidence;
}

/**
 * Takes one step of a switch at most. Pure. A step needs proof that the step before has reached every proxy, so that
 * no certificate is ever in use that a peer does not trust:
 *
 * | phase     | while                              | the step that ends it, and its proof                |
 * |-----------|------------------------------------|-----------------------------------------------------|
 * | Preflight | the target is not trusted          | trust the target: its probe passed, its root pinned |
 * | TrustBoth | another root signs leaves          | sign leaves: all trust both, the target can sign    |
 * | SignNew   | another root signs the server's    | sign the server's: every leaf is of the target      |
 * | Settle    | an unwanted root is trusted        | drop that root: all streams and leaves are new      |
 * | DropOld   | a proxy lacks the newest bundle    | end the switch: every proxy has that bundle         |
 *
 * The phase follows from the plan and the intent, so an edit at any moment continues from where the mesh is: back, or
 * to a third root (docs/decisions/0057).
 */
export function nextPlan(question: Question): Decision {
  const { plan, intent } = question;
  const tried = withCandidate(plan, candidateOf(plan, intent));
  if (tried !== plan) return decideChange(question, tried);
  const phase = phaseOf(question);
  if (phase === undefined) return { plan, rotation: undefined, evidence: proven };
  const rotation = startPhase(question, phase);
  const evidence = prove(question, rotation);
  if (evidence.lacks.length > 0) return { plan, rotation, evidence };
  const next = advance(plan, intent, phase);
  if (next !== plan) return decideChange(question, next);
  return { plan, rotation: undefined, evidence };
}

const proven: RotationEvidence = { acknowledged: 0, total: 0, waiting: [], lacks: [] };

/** The target stays the candidate until it signs, so that it is probed repeatedly: it may break before its turn. */
function candidateOf(plan: CertificatePlan, { target, keep }: Intent): string | undefined {
  if (plan.signer !== target) return target;
  return keep.find((name) => !plan.trusted.includes(name));
}

function phaseOf({ plan, intent, rotation }: Question): Phase | undefined {
  const { target } = intent;
  if (!plan.trusted.includes(target)) return 'Preflight';
  if (plan.signer !== target) return 'TrustBoth';
  if (plan.serverSigner !== target) return 'SignNew';
  if (plan.trusted.some((name) => !isWanted(name, intent))) return 'Settle';
  if (intent.keep.some((name) => !plan.trusted.includes(name))) return 'Preflight';
  return lastPhase(rotation);
}

/** The phase when no step is left: wait until the last step has reached every proxy. */
function lastPhase(rotation: Rotation | undefined): Phase | undefined {
  if (rotation?.phase === 'Preflight') return undefined;
  return rotation?.phase === 'SignNew' ? 'Settle' : rotation?.phase;
}

function prove(question: Question, { phase, since }: Rotation): RotationEvidence {
  const { plan, facts, intent } = question;
  switch (phase) {
    case 'Preflight':
      return proveRoot(question);
    case 'TrustBoth': {
      const trust = proveTrust(plan, facts, since);
      return plan.signer === intent.target ? trust : together(trust, proveRoot(question));
    }
    case 'SignNew':
      return together(proveLeaves(plan, facts, since), proveBootstraps(plan, facts, since));
    case 'Settle':
      return together(
        proveChannel(plan, facts, since),
        proveLeaves(plan, facts, since),
        proveGateway(plan, facts),
      );
    case 'DropOld':
      return proveTrust(plan, facts, since);
  }
}

/** Proves that the candidate can sign and that its root is pinned in its record. */
function proveRoot({ plan, facts }: Question): RotationEvidence {
  const name = plan.candidate ?? plan.signer;
  const { report, pinned } = facts;
  const of = report !== undefined && report.step >= plan.step ? report.roots[name] : undefined;
  if (of === undefined) return { ...proven, lacks: [`Weft is probing ${name}`] };
  if (of.trouble !== undefined && !of.ready) {
    const { message, since } = of.trouble;
    return {
      ...proven,
      lacks: [`${name} has been unable to sign since ${timestamp(since)}: ${message}`],
    };
  }
  if (!of.ready) return { ...proven, lacks: [`Weft is probing ${name}`] };
  return pinned.has(name)
    ? proven
    : { ...proven, lacks: [`the status of ${name} does not have its root yet`] };
}

function advance(plan: CertificatePlan, intent: Intent, phase: Phase): CertificatePlan {
  const { target } = intent;
  const step = plan.step + 1;
  const rest: CertificatePlan = withoutCandidate(plan);
  switch (phase) {
    case 'Preflight': {
      const trusted = [...plan.trusted, plan.candidate ?? target];
      return { ...plan, step, trusted, trustedStep: step };
    }
    case 'TrustBoth':
      if (plan.signer === target) return plan;
      return { ...rest, step, signer: target, signerStep: step };
    case 'SignNew':
      return { ...plan, step, serverSigner: target, serverStep: step };
    case 'Settle': {
      const trusted = plan.trusted.filter((name) => isWanted(name, intent));
      if (trusted.length === plan.trusted.length) return plan;
      return { ...plan, step, trusted, trustedStep: step };
    }
    case 'DropOld':
      return plan;
  }
}

function decideChange(question: Question, plan: CertificatePlan): Decision {
  const next = { ...question, plan };
  const phase = phaseOf({ ...next, rotation: movedOn(question, plan) });
  const total = question.facts.report?.trust.total ?? 0;
  const evidence = { ...proven, total, lacks: ['the control plane reads the new step'] };
  return { plan, rotation: phase && startPhase(next, phase), evidence };
}

/** The rotation that the status would report after the change. It decides which phase a finished plan waits for. */
function movedOn(
  { intent, rotation, facts }: Question,
  plan: CertificatePlan,
): Rotation | undefined {
  if (plan.trustedStep !== plan.step) return rotation;
  const grew = plan.candidate !== undefined;
  return { to: intent.target, phase: grew ? 'TrustBoth' : 'DropOld', since: facts.now };
}

function startPhase({ intent, rotation, facts }: Question, phase: Phase): Rotation {
  const same = rotation?.phase === phase && rotation.to === intent.target;
  return { to: intent.target, phase, since: same ? rotation.since : facts.now };
}

function isWanted(name: string, { target, keep }: Intent): boolean {
  return name === target || keep.includes(name);
}

function withCandidate(plan: CertificatePlan, candidate: string | undefined): CertificatePlan {
  if (plan.candidate === candidate) return plan;
  const rest = { ...withoutCandidate(plan), step: plan.step + 1 };
  return candidate === undefined ? rest : { ...rest, candidate };
}

function withoutCandidate({ candidate: _, ...rest }: CertificatePlan): CertificatePlan {
  return rest;
}
