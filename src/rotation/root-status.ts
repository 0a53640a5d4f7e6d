import { stamp } from '../api/condition.ts';
import type { Condition } from '../api/core.ts';
import type {
  MeshRootCertificate,
  MeshRootCertificateStatus,
} from '../api/gen/mesh-root-certificate.ts';
import type { CertificatePlan } from '../api/certificate-plan.ts';
import type { CertificateReport } from '../api/certificate-report.ts';
import type { Frozen } from '../common/freeze.ts';
import { timestamp } from '../common/timestamp.ts';
import type { RootsDecision } from './decide.ts';
import type { Intent } from './next-plan.ts';
import type { Pin, RootRecord, RootRefusal } from './records.ts';

type Status = Frozen<MeshRootCertificateStatus>;
type State = NonNullable<Status['state']>;
type Part = 'issuing' | 'validating' | 'unused';

/** What the status of a record depends on, besides the record. */
export interface StatusFacts {
  readonly decision: RootsDecision;
  readonly report: CertificateReport | undefined;
  readonly gateway: boolean;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** The status that a MeshRootCertificate should have. Pure. */
export function statusOfRoot(record: RootRecord, facts: StatusFacts): Status {
  const { decision, now } = facts;
  const { name, object, spec } = record;
  const state = stateOf(record, decision);
  const { generation = 0 } = object.metadata;
  return {
    observedGeneration: generation,
    state,
    ...(spec && { provider: spec.provider.kind }),
    ...pinned(record.pin ?? decision.pins.get(name)),
    ...(state !== 'unused' && state !== 'refused' && progress(decision)),
    history: historyOf(object, state, facts),
    componentStatuses: partsOf(name, decision.plan, facts.gateway),
    conditions: stamp(conditionsOf(record, state, facts), object.status?.conditions ?? [], {
      generation,
      now,
    }),
  };
}

function pinned(pin: Pin | undefined): Status {
  if (pin === undefined) return {};
  const { roots, fingerprint, notAfter } = pin;
  return { roots, fingerprint, ...(notAfter !== undefined && { notAfter: timestamp(notAfter) }) };
}

function progress({ rotation, evidence }: RootsDecision): Status {
  if (rotation === undefined) return {};
  const { acknowledged = 0, total = 0 } = evidence ?? {};
  return { phase: rotation.phase, acknowledged, total };
}

/** The state of a root under the plan. */
export function stateOf(record: RootRecord, { plan, resolution }: RootsDecision): State {
  const { name, refusal, managed } = record;
  if (plan === undefined) return managed ? 'probing' : 'unused';
  if (plan.signer === name) return 'issuing';
  if (plan.trusted.includes(name)) return 'validating';
  if (refusal !== undefined || resolution?.refusals.has(name) === true) return 'refused';
  return plan.candidate === name ? 'probing' : 'unused';
}

function historyOf(
  { status }: MeshRootCertificate,
  state: State,
  { decision, now }: StatusFacts,
): NonNullable<Status['history']> {
  const history = status?.history ?? [];
  if (history.at(-1)?.state === state) return history;
  const { acknowledged = 0, total = 0 } = decision.evidence ?? {};
  const entry = { state, since: timestamp(now), proxies: `${acknowledged}/${total}` };
  return [...history, entry].slice(-20);
}

function partsOf(
  name: string,
  plan: CertificatePlan | undefined,
  gateway: boolean,
): NonNullable<Status['componentStatuses']> {
  const trusted = plan?.trusted.includes(name) === true;
  const part = (signer: string | undefined): Part => {
    if (signer === name) return 'issuing';
    return trusted ? 'validating' : 'unused';
  };
  const server = part(plan?.serverSigner);
  return {
    validatingWebhook: server,
    mutatingWebhook: server,
    xdsControlPlane: server,
    bootstrap: server,
    sidecar: part(plan?.signer),
    gateway: gateway ? part(plan?.signer) : 'unused',
  };
}

type Wanted = Pick<Condition, 'type' | 'status' | 'reason' | 'message'>;

function conditionsOf(record: RootRecord, state: State, facts: StatusFacts): readonly Wanted[] {
  const { decision } = facts;
  const refusal = record.refusal ?? decision.resolution?.refusals.get(record.name);
  const acceptance = refusal === undefined ? accepted : refused(refusal);
  return [acceptance, readiness(record, state, facts), ...rollouts(record.name, decision)];
}

const accepted: Wanted = {
  type: 'Accepted',
  status: 'True',
  reason: 'Accepted',
  message: 'The mesh follows its role.',
};

function refused({ reason, message }: RootRefusal): Wanted {
  return { type: 'Accepted', status: 'False', reason, message: `${message}.` };
}

function readiness(record: RootRecord, state: State, { report }: StatusFacts): Wanted {
  const is = (status: Wanted['status'], reason: string, message: string): Wanted => ({
    type: 'Ready',
    status,
    reason,
    message,
  });
  if (record.outdated) {
    const message = 'Its issuer now has another root, so Weft does not sign under this root again.';
    return is('False', 'RootChanged', message);
  }
  if (state === 'refused') return is('False', 'Refused', 'See Accepted.');
  if (state === 'unused') return is('Unknown', 'NotInUse', 'The mesh does not use it.');
  const trouble = describeFailure(report, record.name);
  if (trouble !== undefined) return is('False', 'CannotSign', trouble);
  const notes = report?.roots[record.name]?.notes ?? [];
  const passed = ['It passed its probe', ...notes].join('; ');
  return record.pin !== undefined
    ? is('True', 'Ready', `${passed}.`)
    : is('Unknown', 'Probing', 'Weft is probing it.');
}

function describeFailure(report: CertificateReport | undefined, name: string): string | undefined {
  const { ready = false, trouble } = report?.roots[name] ?? {};
  return trouble === undefined || ready ? undefined : `${trouble.code}: ${trouble.message}`;
}

function rollouts(name: string, { plan, rotation, intent }: RootsDecision): readonly Wanted[] {
  if (plan === undefined || rotation === undefined || intent === undefined) return [];
  const { target } = intent;
  const is = (type: string, message: string): readonly Wanted[] => [
    { type, status: 'True', reason: rotation.phase, message },
  ];
  const back = isGoingBack(plan, intent);
  const part = plan.signer === name ? 'Issuing' : 'Validating';
  if (name === target) return back ? [] : is(`${part}Rollout`, `The mesh moves to ${name}.`);
  if (!back || intent.keep.includes(name) || !plan.trusted.includes(name)) return [];
  return is(`${part}Rollback`, `The mesh goes back to ${target}.`);
}

/** Whether the mesh drops a root that it began to trust after the target: `trusted` lists roots in that order. */
export function isGoingBack({ trusted }: CertificatePlan, { target, keep }: Intent): boolean {
  const from = trusted.indexOf(target);
  return from >= 0 && trusted.slice(from + 1).some((name) => !keep.includes(name));
}
