import type { CertificatePlan } from '../api/certificate-plan.ts';
import type { CertificateReport, FailureReport } from '../api/certificate-report.ts';
import type { MeshConfig, MeshConfigStatus } from '../api/gen/mesh-config.ts';
import { firstRoot } from '../api/root-of.ts';
import { parseDuration } from '../common/duration.ts';
import type { Frozen } from '../common/freeze.ts';
import { patienceOf, type RootsDecision } from './decide.ts';
import { timestamp } from '../common/timestamp.ts';
import type { RotationEvidence } from './evidence.ts';
import type { RootRecord } from './records.ts';
import type { Rotation } from './next-plan.ts';
import { endOf, type RootEnd } from './root-end.ts';
import { isGoingBack } from './root-status.ts';
import { secretsToldAt, describeSecrets, type SecretFailure } from './secret-status.ts';

export type CertificateBlock = NonNullable<Frozen<MeshConfigStatus>['certificate']>;
type Block = NonNullable<CertificateBlock['rotation']>;
/** The rotation block, with the fields that are always set. */
type RotationBlock = Block & { readonly since: string; readonly message: string };

/** What the MeshConfig's status says about certificates, and the input for its conditions. */
export interface RotationStatus {
  readonly block: CertificateBlock;
  /** Why there is no plan yet; undefined when there is one. */
  readonly first: string | undefined;
  readonly moving:
    | {
        readonly reason: 'Rotating' | 'RotationHeld' | 'PreflightFailed';
        readonly message: string;
      }
    | undefined;
  /**
   * Leaves cannot be issued. Urgent after 30 s, when a workload has no leaf, or when the first leaf to end is in the
   * last third of its life.
   */
  readonly failing: { readonly message: string; readonly urgent: boolean } | undefined;
  /** A Secret with certificates of the mesh cannot be used, written or removed. */
  readonly secrets: SecretFailure | undefined;
  /** The signing root ends soon, or Weft replaces it soon. */
  readonly ending: Pick<RootEnd, 'reason' | 'message'> | undefined;
  /** Which MeshRootCertificate selects the signing root, when the MeshConfig does not. */
  readonly note: string | undefined;
  /** Milliseconds until time alone changes the status or the decision. */
  readonly recheckMs: number | undefined;
}

export interface RotationStatusFacts {
  readonly meshConfig: MeshConfig;
  readonly report: CertificateReport | undefined;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** Puts a decision in words. Pure. */
export function rotationStatus(
  decision: RootsDecision,
  facts: RotationStatusFacts,
): RotationStatus {
  const { plan, records, resolution, rotation } = decision;
  const { meshConfig, now } = facts;
  const { renewBeforeMs } = patienceOf(meshConfig);
  const signer = records.find(({ name }) => name === plan?.signer);
  const end = signer && endOf(signer, { meshConfig, renewBeforeMs, report: facts.report });
  const block = rotation && rotationBlock(decision, rotation, meshConfig);
  return {
    block: {
      summary: summaryOf(decision, block),
      ...describeSigner(signer, end),
      ...(plan && { plan: asWritten(plan) }),
      ...(block && { rotation: block }),
    },
    first: plan === undefined ? describeFirstRoot(facts.report) : undefined,
    moving: block && describeRotation(decision, block, facts),
    failing: describeFailure(facts, signer),
    secrets: describeSecrets({ signer, report: facts.report, now }),
    ending: describeEnd(end, now),
    note: resolution?.overruled === true ? overruled(decision) : undefined,
    recheckMs: againIn(decision, facts, end),
  };
}

function describeSigner(
  signer: RootRecord | undefined,
  end: RootEnd | undefined,
): CertificateBlock {
  if (signer === undefined) return {};
  const { name, spec, pin } = signer;
  return {
    root: name,
    ...(spec && { provider: spec.provider.kind }),
    ...(pin?.notAfter !== undefined && { rootNotAfter: timestamp(pin.notAfter) }),
    ...(end?.renewsAt !== undefined && { rootRenewsAt: timestamp(end.renewsAt) }),
  };
}

function asWritten({ candidate, ...plan }: CertificatePlan): NonNullable<CertificateBlock['plan']> {
  return candidate === undefined ? plan : { ...plan, candidate };
}

function overruled({ intent }: RootsDecision): string {
  return `MeshRootCertificate ${intent?.target} selects the signing root, not spec.certificate.provider`;
}

function describeFirstRoot(report: CertificateReport | undefined): string {
  const { trouble } = report?.roots[firstRoot] ?? {};
  if (trouble === undefined) return 'Weft is probing the first root.';
  return `The first root has been unable to sign since ${timestamp(trouble.since)}: ${trouble.message} (${trouble.code}).`;
}

function rotationBlock(
  decision: RootsDecision,
  rotation: Rotation,
  meshConfig: MeshConfig,
): RotationBlock {
  const { plan, evidence = nothing, intent } = decision;
  const { to, phase, since } = rotation;
  const { acknowledged, total, waiting, lacks } = evidence;
  const from = fromOf(decision, to, meshConfig);
  const isBack = plan !== undefined && intent !== undefined && isGoingBack(plan, intent);
  const back = isBack ? [`Going back to ${to}.`] : [];
  const held = lacks.length === 0 ? [] : [`Waiting: ${lacks.join('; ')}.`];
  return {
    ...(from === undefined ? {} : { from }),
    ...{ to, phase, acknowledged, total },
    since: timestamp(since),
    ...(waiting.length > 0 && { waiting }),
    message: [...back, ...held].join(' '),
  };
}

const nothing: RotationEvidence = { acknowledged: 0, total: 0, waiting: [], lacks: [] };

/** The root that the mesh leaves: the signer, else the root in the status before, else another trusted root. */
function fromOf({ plan }: RootsDecision, to: string, { status }: MeshConfig): string | undefined {
  const last = status?.certificate?.rotation;
  const before = last?.to === to ? last.from : last?.to;
  return [plan?.signer, before, ...(plan?.trusted ?? [])].find(
    (name) => name !== undefined && name !== to,
  );
}

function summaryOf({ plan, records }: RootsDecision, rotation: Block | undefined): string {
  const providerOf = (name: string | undefined): string =>
    records.find((record) => record.name === name)?.spec?.provider.kind ?? name ?? 'none';
  if (plan === undefined) return 'none yet';
  if (rotation === undefined) return providerOf(plan.signer);
  const { from = plan.signer, to, phase, acknowledged = 0, total = 0 } = rotation;
  const ends = [providerOf(from), providerOf(to)];
  const [one, other] = ends[0] === ends[1] ? [from, to] : ends;
  const count = phase === 'Preflight' ? '' : ` ${acknowledged}/${total}`;
  return `${one} → ${other}: ${phase}${count}`;
}

function describeRotation(
  { plan, evidence = nothing }: RootsDecision,
  block: RotationBlock,
  { meshConfig, report, now }: RotationStatusFacts,
): RotationStatus['moving'] {
  const { phase, to, message, since } = block;
  const trouble = report?.roots[plan?.candidate ?? to]?.trouble;
  if (phase === 'Preflight' && trouble !== undefined) {
    const remedy = 'Fix the issuer, or set spec.certificate.provider back';
    const text = `${message} Weft changed nothing else. ${remedy}.`;
    return { reason: 'PreflightFailed', message: text };
  }
  const isLong = Date.parse(since) + patienceOf(meshConfig).setAsideAfterMs <= now;
  if (evidence.lacks.length === 0 || !isLong) {
    return { reason: 'Rotating', message: `${phase} on the way to ${to}. ${message}`.trim() };
  }
  const rest = remedyFor(
    { ...block, left: waitingIn(evidence) },
    describeFailure({ meshConfig, report, now }, undefined),
  );
  const text = `${phase} has waited since ${since}. ${message}${rest}`;
  return { reason: 'RotationHeld', message: text };
}

/** A pod that waits for a certificate that cannot be issued needs no restart: the remedy is at the issuer. */
function remedyFor(
  { waiting = [], left }: RotationBlock & { readonly left: number },
  failing: RotationStatus['failing'],
): string {
  if (failing !== undefined) return ` ${failing.message}`;
  if (waiting.length === 0) return '';
  const more = left > waiting.length ? ` and ${left - waiting.length} more` : '';
  return ` Restart ${waiting.join(', ')}${more}, or list them in spec.certificate.rotation.setAside to go on without them; <namespace>/* stands for all pods of a namespace.`;
}

/** How many proxies have not acknowledged and are not set aside. `waiting` names only some of them. */
function waitingIn({ total, acknowledged, aside = 0 }: RotationEvidence): number {
  return total - acknowledged - aside;
}

/** A younger failure alone is not urgent: an issuer may be busy for a moment. */
const failingPatienceMs = 30_000;

function describeFailure(
  facts: RotationStatusFacts,
  signer: RootRecord | undefined,
): RotationStatus['failing'] {
  const { report } = facts;
  const failure = report?.health.failure ?? findLeafFailure(signer, report);
  if (failure === undefined) return undefined;
  const { earliestExpiry } = report?.health ?? {};
  const end =
    earliestExpiry === undefined
      ? ''
      : ` The first certificate in use expires ${timestamp(earliestExpiry)}.`;
  const message = `Weft has been unable to issue certificates since ${timestamp(failure.since)}: ${failure.message} (${failure.code}).${end} Fix the issuer, or switch to another issuer in spec.certificate.provider.`;
  return { message, urgent: isUrgent(facts, failure) };
}

function isUrgent(
  { meshConfig, report, now }: RotationStatusFacts,
  { since }: FailureReport,
): boolean {
  const { earliestExpiry = Infinity, waiting = 0 } = report?.health ?? {};
  const text = meshConfig.spec.certificate?.serviceCertValidityDuration ?? '24h';
  const life = Math.max(parseDuration(text) ?? 0, 600_000);
  return waiting > 0 || now - since >= failingPatienceMs || earliestExpiry - now < life / 3;
}

/** Why an issuer that signs each leaf cannot sign now: the next leaf that is due would fail. */
function findLeafFailure(
  signer: RootRecord | undefined,
  report: CertificateReport | undefined,
): FailureReport | undefined {
  const provider = signer?.spec?.provider;
  if (signer === undefined || provider === undefined || provider.kind === 'builtIn')
    return undefined;
  return provider.mode === 'leaf' ? report?.roots[signer.name]?.trouble : undefined;
}

function describeEnd(end: RootEnd | undefined, now: number): RotationStatus['ending'] {
  return end === undefined || now < end.noticeFrom ? undefined : end;
}

const longestMs = 3_600_000;

/** Milliseconds until the next time limit of a proof or a message, one hour at most; undefined without one. */
function againIn(
  { evidence, rotation, plan, records }: RootsDecision,
  { meshConfig, report, now }: RotationStatusFacts,
  end: RootEnd | undefined,
): number | undefined {
  const { setAsideAfterMs } = patienceOf(meshConfig);
  const held = rotation && rotation.since + setAsideAfterMs;
  const failed = report?.health.failure && report.health.failure.since + failingPatienceMs;
  const signer = records.find(({ name }) => name === plan?.signer);
  const secrets = secretsToldAt({ signer, report, now });
  const left = [evidence?.until, held, failed, end?.noticeFrom, end?.renewsAt, ...secrets]
    .filter((at) => at !== undefined)
    .map((at) => at - now)
    .filter((ms) => ms > 0);
  return left.length === 0 ? undefined : Math.min(longestMs, ...left);
}

/** A Kubernetes event to record about roots. */
export interface RootEvent {
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  readonly note: string;
}

/** The events to record when `before` becomes `after`: each new phase, the end of a switch, the way back. */
export function rotationEvents(
  before: CertificateBlock | undefined,
  after: CertificateBlock | undefined,
): readonly RootEvent[] {
  const [was, is] = [before?.rotation, after?.rotation];
  if (is === undefined) return was === undefined ? [] : eventsOfEnd(after);
  if (was === undefined) return normal(`CertificateRotation${is.phase}`, `${wayOf(is)}.`);
  if (was.phase === is.phase && was.to === is.to) return [];
  const isBack = was.to !== is.to && was.from === is.to;
  const reason = isBack ? 'CertificateRotationBack' : `CertificateRotation${is.phase}`;
  // The counts of the phase before are left out: they are from the last status, which is older than the proof.
  return normal(reason, `${wayOf(is)}, after ${was.phase}.`);
}

function eventsOfEnd(after: CertificateBlock | undefined): readonly RootEvent[] {
  if (after?.plan === undefined) return [];
  return normal('CertificateRotationDone', `${after.root} signs, and every proxy trusts it.`);
}

function wayOf({ phase, from = 'none', to }: Block): string {
  return `${phase} from ${from} to ${to}`;
}

function normal(reason: string, note: string): readonly RootEvent[] {
  return [{ type: 'Normal', reason, note }];
}
