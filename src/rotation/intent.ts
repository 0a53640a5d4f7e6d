import type { CertificatePlan } from '../api/certificate-plan.ts';
import { caSecret } from '../api/control-plane-names.ts';
import type { MeshConfig } from '../api/gen/mesh-config.ts';
import { mrcSpecOf } from '../api/mrc-spec-of.ts';
import { rootOfMeshConfig, rootOfMrc } from '../api/root-of.ts';
import type { RootProvider, RootSpec } from '../api/root-spec.ts';
import { deepEqual } from '../common/equal.ts';
import type { Intent, Rotation } from './next-plan.ts';
import type { RootRecord, RootRefusal } from './records.ts';

export interface IntentFacts {
  readonly meshConfig: MeshConfig;
  readonly records: readonly RootRecord[];
  readonly plan: CertificatePlan;
  readonly rotation: Rotation | undefined;
  /** Milliseconds. */
  readonly now: number;
  readonly renewBeforeMs: number;
}

/** A record that must exist before the mesh can switch to its target. */
export interface RecordToCreate {
  readonly name: string;
  readonly spec: RootSpec;
}

export interface Resolution {
  /** Undefined while a record is missing. */
  readonly intent: Intent | undefined;
  readonly create: RecordToCreate | undefined;
  /** True when a user's MeshRootCertificate, not the MeshConfig, decides which root signs. */
  readonly overruled: boolean;
  /** Users' MeshRootCertificates whose roles are not legal together, by name, with the reason. */
  readonly refusals: ReadonlyMap<string, RootRefusal>;
}

/**
 * Which root will sign and which roots will be trusted beside it. The roles in users' MeshRootCertificates decide; if
 * none of them is active, the MeshConfig decides which root signs. A combination of roles that OSM would refuse
 * changes nothing. Pure.
 */
export function resolveIntent(facts: IntentFacts): Resolution {
  const theirs = facts.records.filter(
    ({ managed, role, spec }) => !managed && role !== 'inactive' && spec !== undefined,
  );
  const active = theirs.filter(({ role }) => role === 'active');
  const passive = theirs.filter(({ role }) => role === 'passive');
  if (theirs.length > 2 || passive.length > 1) return hold(facts, theirs);
  const keep = passive.map(({ name }) => name);
  const refusals = new Map<string, RootRefusal>();
  const first = active.find(({ name }) => name === signing(facts)) ?? active[0];
  if (first !== undefined) {
    const others = active.filter((root) => root !== first).map(({ name }) => name);
    const intent = { target: first.name, keep: [...others, ...keep] };
    return { intent, create: undefined, overruled: true, refusals };
  }
  return { ...byMeshConfig(facts, keep), overruled: false, refusals };
}

/** Of two active roots, the name of the root that signs now, or is about to. */
function signing({ plan, rotation, records }: IntentFacts): string {
  const isActive = records.some(({ name, role }) => name === plan.signer && role === 'active');
  return isActive ? plan.signer : (rotation?.to ?? plan.signer);
}

/** Keeps the mesh as it is and refuses the users' roots. A switch under way keeps its target. */
function hold({ plan, rotation }: IntentFacts, theirs: readonly RootRecord[]): Resolution {
  const target = rotation?.to ?? plan.signer;
  const keep = plan.trusted.filter((name) => name !== target);
  const roles = theirs.map(({ name, role }) => `${name} is ${role}`).join(', ');
  const message = `${roles}; allowed are one active, one active and one passive, or two active: set the others to inactive`;
  const refusal: RootRefusal = { reason: 'IllegalRoles', message };
  const refusals = new Map(theirs.map(({ name }) => [name, refusal]));
  return { intent: { target, keep }, create: undefined, overruled: true, refusals };
}

function byMeshConfig(
  facts: IntentFacts,
  keep: readonly string[],
): Pick<Resolution, 'intent' | 'create'> {
  const { meshConfig, plan, rotation } = facts;
  const wanted = wantedBy(meshConfig);
  if (wanted === undefined) return { intent: { target: plan.signer, keep }, create: undefined };
  const fitting = facts.records.filter((record) => fits(record, wanted, facts));
  const rank = ({ name }: RootRecord): number => {
    if (name === plan.signer) return 0;
    if (name === rotation?.to) return 1;
    return plan.trusted.includes(name) ? 2 : 3;
  };
  const [best] = fitting.toSorted((a, b) => rank(a) - rank(b) || b.createdAt - a.createdAt);
  if (best !== undefined) return { intent: { target: best.name, keep }, create: undefined };
  return { intent: undefined, create: newRoot(wanted, facts) };
}

interface WantedRoot {
  readonly spec: RootSpec;
  /** Any root that Weft made will do: the MeshConfig names no Secret. */
  readonly ofOurs: boolean;
}

function wantedBy({ spec, metadata: { namespace = '' } }: MeshConfig): WantedRoot | undefined {
  const root = rootOfMeshConfig(spec);
  if (root === undefined) return undefined;
  const { kind = 'builtIn', builtIn } = spec.certificate?.provider ?? {};
  const ofOurs = kind === 'builtIn' && builtIn?.caSecretRef === undefined;
  return { spec: asRecorded(root, namespace), ofOurs };
}

/** The root as it is read back from its record, because an address has more than one spelling. */
function asRecorded(root: RootSpec, namespace: string): RootSpec {
  return rootOfMrc({ spec: { role: 'passive', ...mrcSpecOf(root, namespace) } }) ?? root;
}

/** Whether the MeshConfig asks for exactly this root. Also works for the first root, before there is a plan. */
export function isWantedBy(record: RootRecord, meshConfig: MeshConfig): boolean {
  const wanted = wantedBy(meshConfig);
  return wanted !== undefined && isSame(record, wanted);
}

function fits(record: RootRecord, wanted: WantedRoot, facts: IntentFacts): boolean {
  const { managed, outdated, object } = record;
  if (!managed || outdated || object.metadata.deletionTimestamp !== undefined) return false;
  return isSame(record, wanted) && !(wanted.ofOurs && isNearEnd(record, facts));
}

function isSame({ spec }: RootRecord, wanted: WantedRoot): boolean {
  if (spec === undefined) return false;
  const { trustDomain, key, provider } = wanted.spec;
  if (spec.trustDomain !== trustDomain || !deepEqual(spec.key, key)) return false;
  return wanted.ofOurs ? isOfOurs(spec.provider) : deepEqual(spec.provider, provider);
}

/**
 * The party that replaces the signing root when it nears its end; `none` for a root of Weft that the MeshConfig no
 * longer wants.
 */
export function findRenewer(record: RootRecord, meshConfig: MeshConfig): 'weft' | 'owner' | 'none' {
  const wanted = wantedBy(meshConfig);
  if (record.managed && wanted !== undefined && isSame(record, wanted))
    return wanted.ofOurs ? 'weft' : 'owner';
  const { managed, spec } = record;
  return managed && spec !== undefined && isOfOurs(spec.provider) ? 'none' : 'owner';
}

/** Whether the Secret has a name that Weft chooses. If so, Weft made the root in it. */
function isOfOurs(provider: RootProvider): boolean {
  return provider.kind === 'builtIn' && /^weft-ca(-\d+)?$/.test(provider.secretName);
}

function isNearEnd(record: RootRecord, { now, renewBeforeMs }: IntentFacts): boolean {
  const at = renewalTime(record, renewBeforeMs);
  return at !== undefined && now >= at;
}

/**
 * When Weft replaces a root that it made, in ms since the epoch; undefined while the end of the root is not known.
 * Never in the first half of the root's life, because a new root could then be due at once.
 */
export function renewalTime(
  { pin, createdAt }: RootRecord,
  renewBeforeMs: number,
): number | undefined {
  if (pin?.notAfter === undefined) return undefined;
  const half = createdAt + (pin.notAfter - createdAt) / 2;
  return Math.max(half, pin.notAfter - renewBeforeMs);
}

function newRoot({ spec, ofOurs }: WantedRoot, facts: IntentFacts): RecordToCreate {
  const names = [...facts.records.map(({ name }) => name), ...facts.plan.trusted];
  const numbers = names.map((name) => Number(/^weft-root-(\d{1,9})$/.exec(name)?.[1] ?? 0));
  const number = Math.max(0, ...numbers) + 1;
  const secretName = newSecret(number, facts);
  const provider: RootProvider = ofOurs ? { kind: 'builtIn', secretName } : spec.provider;
  return { name: `weft-root-${number}`, spec: { ...spec, provider } };
}

/** The name of a Secret that holds no root yet; or the signer's own Secret, if a user put another root into it. */
function newSecret(number: number, { records, plan }: IntentFacts): string {
  const secrets = records.flatMap((record) => {
    const provider = record.spec?.provider;
    return provider?.kind === 'builtIn' ? [{ record, name: provider.secretName }] : [];
  });
  const replaced = secrets.find(({ record }) => record.name === plan.signer && record.outdated);
  if (replaced !== undefined) return replaced.name;
  return secrets.some(({ name }) => name === caSecret) ? `${caSecret}-${number}` : caSecret;
}

/** The record to create for the first root, while there is none. */
export function firstWanted(meshConfig: MeshConfig, name: string): RecordToCreate | undefined {
  const wanted = wantedBy(meshConfig);
  return wanted && { name, spec: wanted.spec };
}
