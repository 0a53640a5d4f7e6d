import { type CertificatePlan, planOf } from '../api/certificate-plan.ts';
import type { CertificateReport } from '../api/certificate-report.ts';
import type { MeshConfig } from '../api/gen/mesh-config.ts';
import type { MeshRootCertificate } from '../api/gen/mesh-root-certificate.ts';
import { firstRoot } from '../api/root-of.ts';
import { rotationSettingsOf } from '../api/rotation-settings.ts';
import { certificateBlocks } from '../common/pem.ts';
import type { RotationEvidence, Patience } from './evidence.ts';
import { type Intent, nextPlan, type Rotation } from './next-plan.ts';
import {
  firstWanted,
  isWantedBy,
  resolveIntent,
  type Resolution,
  type RecordToCreate,
} from './intent.ts';
import { type Pin, readRecords, type RootRecord } from './records.ts';

/** The input of a decision about roots. */
export interface RotationInputs {
  readonly meshConfig: MeshConfig;
  readonly objects: Iterable<MeshRootCertificate>;
  readonly report: CertificateReport | undefined;
  /** Certificates (PEM) that each live webhook configuration trusts. */
  readonly webhooks: readonly string[];
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** What to do about roots, and what to report. */
export interface RootsDecision {
  readonly records: readonly RootRecord[];
  /** Undefined until the first root passed its probe. */
  readonly plan: CertificatePlan | undefined;
  readonly rotation: Rotation | undefined;
  readonly evidence: RotationEvidence | undefined;
  readonly intent: Intent | undefined;
  readonly resolution: Resolution | undefined;
  readonly create: RecordToCreate | undefined;
  /** A record to remove: Weft made it, it no longer fits, and no proxy ever trusted its root. */
  readonly remove: RootRecord | undefined;
  /** Pins to write, by record. */
  readonly pins: ReadonlyMap<string, Pin>;
  /** Names of records whose issuer has changed its root, as this decision found out. */
  readonly outdated: ReadonlySet<string>;
}

/** Level-triggered: decides from the current state alone, and takes one step at most. Pure. */
export function decideRoots(inputs: RotationInputs): RootsDecision {
  const { meshConfig } = inputs;
  const records = readRecords(inputs.objects, meshConfig.metadata.namespace ?? '');
  const plan = planOf(meshConfig) ?? rebuild(records, inputs.report);
  return plan === undefined ? decideFirst(inputs, records) : decideNext(inputs, records, plan);
}

/** The switch that the status reports. */
function rotationOf({ status }: MeshConfig): Rotation | undefined {
  const rotation = status?.certificate?.rotation;
  if (rotation === undefined) return undefined;
  const { to, phase, since = '' } = rotation;
  return { to, phase, since: Date.parse(since) || 0 };
}

/** spec.certificate.rotation with its defaults. */
export function patienceOf({ spec }: MeshConfig): Patience & { readonly renewBeforeMs: number } {
  const { bundlePropagation, setAsideAfter, renewBefore, setAside } = rotationSettingsOf(spec);
  return {
    bundlePropagationMs: bundlePropagation.ms,
    setAsideAfterMs: setAsideAfter.ms,
    renewBeforeMs: renewBefore.ms,
    setAside,
  };
}

const nothing = {
  rotation: undefined,
  evidence: undefined,
  intent: undefined,
  resolution: undefined,
  create: undefined,
  remove: undefined,
  pins: new Map<string, Pin>(),
  outdated: new Set<string>(),
};

/** Decides for a mesh without a plan. Its replicas derive one root, named firstRoot, from the spec alone. */
function decideFirst(inputs: RotationInputs, records: readonly RootRecord[]): RootsDecision {
  const { meshConfig, report } = inputs;
  const base = { ...nothing, records, plan: undefined };
  const record = records.find(({ name, managed }) => name === firstRoot && managed);
  if (record === undefined) return { ...base, create: firstWanted(meshConfig, firstRoot) };
  const found = pinOf(report, firstRoot);
  const isOther = record.pin !== undefined && found?.fingerprint !== record.pin.fingerprint;
  if (!isWantedBy(record, meshConfig) || (isOther && found !== undefined)) {
    return { ...base, remove: record };
  }
  if (record.pin === undefined) {
    return { ...base, pins: new Map(found === undefined ? [] : [[firstRoot, found]]) };
  }
  const step = 1;
  const signs = { signer: firstRoot, signerStep: step, serverSigner: firstRoot, serverStep: step };
  return { ...base, plan: { step, ...signs, trusted: [firstRoot], trustedStep: step } };
}

/** Rebuilds the plan from the records, for when the MeshConfig's status was lost and the records were not. */
function rebuild(
  records: readonly RootRecord[],
  report: CertificateReport | undefined,
): CertificatePlan | undefined {
  const inState = (...states: readonly string[]): readonly RootRecord[] =>
    records.filter(({ object, pin }) => pin && states.includes(object.status?.state ?? ''));
  const [signer] = inState('issuing');
  if (signer === undefined) return undefined;
  const trusted = inState('issuing', 'validating').map(({ name }) => name);
  const server = records.find(
    ({ name, object }) =>
      trusted.includes(name) && object.status?.componentStatuses?.xdsControlPlane === 'issuing',
  );
  const step = (report?.step ?? 0) + 1;
  return {
    step,
    signer: signer.name,
    signerStep: step,
    serverSigner: server?.name ?? signer.name,
    serverStep: step,
    trusted,
    trustedStep: step,
  };
}

function decideNext(
  inputs: RotationInputs,
  records: readonly RootRecord[],
  plan: CertificatePlan,
): RootsDecision {
  const { meshConfig, now, report } = inputs;
  const outdated = findOutdated(records, report);
  const known = records.map((one) => (outdated.has(one.name) ? { ...one, outdated: true } : one));
  const patience = patienceOf(meshConfig);
  const rotation = rotationOf(meshConfig);
  const { renewBeforeMs } = patience;
  const intentFacts = { meshConfig, records: known, plan, rotation, now, renewBeforeMs };
  const resolution = resolveIntent(intentFacts);
  const { intent, create } = resolution;
  const pins = findPins(known, plan, report);
  const base = { ...nothing, records: known, plan, rotation, resolution, create, pins, outdated };
  if (intent === undefined) return base;
  const facts = {
    now,
    report,
    pinned: new Set(known.filter(isSigned(report)).map(({ name }) => name)),
    webhooksTrust: inputs.webhooks.every((pem) => hasAll(pem, bundleOf(known, plan.trusted))),
    gateway: meshConfig.spec.certificate?.ingressGateway !== undefined,
    patience,
  };
  return { ...base, ...nextPlan({ plan, intent, facts, rotation }), intent };
}

/** The pinned roots of these records as one PEM text. */
export function bundleOf(records: readonly RootRecord[], names: readonly string[]): string {
  const pems = names.flatMap((name) => {
    const pin = records.find((record) => record.name === name)?.pin;
    return pin === undefined ? [] : [`${pin.roots.trim()}\n`];
  });
  return [...new Set(pems)].join('');
}

function hasAll(pem: string, bundle: string): boolean {
  const blocks = (text: string): readonly string[] =>
    certificateBlocks(text).map((der) => der.toString('base64'));
  const held = new Set(blocks(pem));
  return blocks(bundle).every((block) => held.has(block));
}

/** Whether the root is pinned and, as far as the report says, still the root of its issuer. */
function isSigned(report: CertificateReport | undefined): (record: RootRecord) => boolean {
  return ({ name, pin, outdated }) => {
    const found = report?.roots[name]?.fingerprint;
    return pin !== undefined && !outdated && (found === undefined || found === pin.fingerprint);
  };
}

function pinOf(report: CertificateReport | undefined, name: string): Pin | undefined {
  const { ready = false, roots, fingerprint, notAfter } = report?.roots[name] ?? {};
  if (!ready || roots === undefined || fingerprint === undefined) return undefined;
  return { roots, fingerprint, notAfter };
}

function findPins(
  records: readonly RootRecord[],
  plan: CertificatePlan,
  report: CertificateReport | undefined,
): ReadonlyMap<string, Pin> {
  const open = records.filter(({ name, pin }) => pin === undefined && name === plan.candidate);
  return new Map(
    open.flatMap(({ name }) => {
      const pin = pinOf(report, name);
      return pin === undefined ? [] : [[name, pin] as const];
    }),
  );
}

function findOutdated(
  records: readonly RootRecord[],
  report: CertificateReport | undefined,
): ReadonlySet<string> {
  const changed = records.filter(({ name, pin, outdated }) => {
    if (pin === undefined || outdated) return false;
    const { fingerprint = pin.fingerprint, trouble } = report?.roots[name] ?? {};
    return fingerprint !== pin.fingerprint || trouble?.code === 'root-changed';
  });
  return new Set(changed.map(({ name }) => name));
}
