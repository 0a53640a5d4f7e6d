// Input: the objects as the API server has them, and the time. Output: the status as `-o json` prints
// it. Rule: a field that no object provides is left out. No relative times, so that
// two statuses differ only when something happened.
import { meshNameOf } from '../api/mesh-name.ts';
import type { MeshConfig } from '../api/gen/mesh-config.ts';
import type { MeshRootCertificate } from '../api/gen/mesh-root-certificate.ts';
import { defaultTrustDomain, keyChoice } from '../api/root-of.ts';
import type { CertificateFacts, LeavesFact } from './certificate-facts.ts';
import { problemsOf } from './certificate-problems.ts';
import { operatorAwaySince } from './heartbeats.ts';
import type { Problem } from './problem.ts';
import { timestamp } from '../common/timestamp.ts';

/** Phases of a switch, in their order. */
export const phases = ['Preflight', 'TrustBoth', 'SignNew', 'Settle', 'DropOld'] as const;
export type SwitchPhase = (typeof phases)[number];

/** The worst state that applies: `failing` and `held` need a user to act. */
export type State = 'healthy' | 'switching' | 'unknown' | 'held' | 'failing';

/** The shape of `-o json`; docs/cli.md documents it. Fields may be added, never renamed or removed. */
export interface CertificateStatus {
  readonly mesh: string;
  /** `<namespace>/<name>`. */
  readonly meshConfig: string;
  readonly state: State;
  /** When the operator checked last; present only while none is at work. All fields but the leaves are of that time. */
  readonly asOf?: string;
  /** The provider that signs: builtIn, certManager or vault. */
  readonly provider?: string;
  /** The MeshRootCertificate that signs. */
  readonly root?: string;
  /** RFC 3339, as all times here. */
  readonly rootNotAfter?: string;
  readonly roots: readonly RootStatus[];
  /** Present while the mesh moves from one root to another. */
  readonly rotation?: ShownRotation;
  readonly proxies?: ProxiesStatus;
  readonly leaves?: LeavesStatus;
  readonly problems: readonly Problem[];
}

/** One MeshRootCertificate. */
export interface RootStatus {
  readonly name: string;
  /** Its role: active, passive or inactive. */
  readonly role: string;
  /** Its state: issuing, validating, unused, probing, refused or unknown. */
  readonly state: string;
  readonly provider?: string;
  readonly trustDomain: string;
  /** ECDSA, or RSA with its bits. */
  readonly keys: string;
  /** SHA-256, lower-case hex. */
  readonly fingerprint?: string;
  readonly notAfter?: string;
}

export interface ShownRotation {
  readonly from?: string;
  readonly to: string;
  readonly phase: SwitchPhase;
  /** The phase's place among all, from 1. */
  readonly step: number;
  readonly steps: number;
  readonly acknowledged: number;
  readonly total: number;
  readonly since?: string;
  /** `<namespace>/<pod>`, ten at most. */
  readonly waiting: readonly string[];
  readonly message?: string;
}

export interface ProxiesStatus {
  /** Pods that should have a sidecar, if the control plane reports them. */
  readonly expected?: number;
  readonly connected: number;
  readonly synced: number;
  readonly rejected: number;
}

/** Workloads' certificates; `notReadable` says why nothing else is there. */
export interface LeavesStatus {
  readonly held?: number;
  readonly waiting?: number;
  readonly earliestNotAfter?: string;
  readonly notReadable?: string;
}

/** Pure. `now` is in milliseconds since the epoch. */
export function certificateStatusOf(facts: CertificateFacts, now: number): CertificateStatus {
  const { metadata, spec, status } = facts.meshConfig;
  const { provider, root, rootNotAfter } = status?.certificate ?? {};
  const problems = problemsOf(facts, now);
  const rotation = rotationOf(facts.meshConfig);
  return {
    mesh: meshNameOf(spec),
    meshConfig: `${metadata.namespace ?? ''}/${metadata.name}`,
    state: stateOf(problems, rotation !== undefined),
    ...defined({ asOf: operatorAwaySince(facts.meshConfig, now), provider, root, rootNotAfter }),
    roots: facts.roots.map(rootStatusOf).toSorted(byUse),
    ...defined({ rotation, proxies: proxiesOf(facts.meshConfig), leaves: leavesOf(facts.leaves) }),
    problems,
  };
}

function stateOf(problems: readonly Problem[], switching: boolean): State {
  const worst = (['failing', 'held', 'unknown'] as const).find((severity) =>
    problems.some((problem) => problem.severity === severity),
  );
  return worst ?? (switching ? 'switching' : 'healthy');
}

function rootStatusOf({ metadata, spec, status }: MeshRootCertificate): RootStatus {
  const { provider = kindOf(spec.provider), fingerprint, notAfter } = status ?? {};
  const key = keyChoice(spec.keyAlgorithm, spec.keyBitSize);
  return {
    name: metadata.name,
    role: spec.role,
    state: status?.state ?? 'unknown',
    ...defined({ provider }),
    trustDomain: spec.trustDomain ?? defaultTrustDomain,
    keys: key.algorithm === 'RSA' ? `RSA ${key.bits}` : key.algorithm,
    ...defined({ fingerprint, notAfter }),
  };
}

function kindOf({
  tresor,
  certManager,
  vault,
}: MeshRootCertificate['spec']['provider']): string | undefined {
  if (tresor !== undefined) return 'builtIn';
  if (certManager !== undefined) return 'certManager';
  return vault === undefined ? undefined : 'vault';
}

const uses = ['issuing', 'validating', 'probing', 'refused', 'unknown', 'unused'];

/** Sorts the signing root first, then trusted roots, then the others; equals by name. */
function byUse(a: RootStatus, b: RootStatus): number {
  const order = uses.indexOf(a.state) - uses.indexOf(b.state);
  if (order !== 0) return order;
  return a.name < b.name ? -1 : 1;
}

function rotationOf({ status }: MeshConfig): ShownRotation | undefined {
  const rotation = status?.certificate?.rotation;
  if (rotation === undefined) return undefined;
  const { from, to, phase, acknowledged = 0, total = 0, since, waiting = [], message } = rotation;
  return {
    ...defined({ from }),
    to,
    phase,
    step: phases.indexOf(phase) + 1,
    steps: phases.length,
    acknowledged,
    total,
    ...defined({ since }),
    waiting,
    ...defined({ message }),
  };
}

function proxiesOf({ status }: MeshConfig): ProxiesStatus | undefined {
  if (status?.proxies === undefined) return undefined;
  const { expected, connected = 0, synced = 0, rejected = 0 } = status.proxies;
  return { ...defined({ expected }), connected, synced, rejected };
}

function leavesOf(leaves: LeavesFact): LeavesStatus | undefined {
  switch (leaves.kind) {
    case 'not-reported':
      return undefined;
    case 'not-readable':
      return { notReadable: leaves.why };
    case 'reported': {
      const { held, waiting, earliestExpiry } = leaves.health;
      const earliestNotAfter = earliestExpiry === undefined ? undefined : timestamp(earliestExpiry);
      return { held, waiting, ...defined({ earliestNotAfter }) };
    }
  }
}

type Defined<T> = { readonly [K in keyof T]?: Exclude<T[K], undefined> };

/** Without the fields that are undefined. */
function defined<T extends object>(fields: T): Defined<T> {
  const kept = Object.entries(fields).filter(([, value]) => value !== undefined);
  return Object.fromEntries(kept) as Defined<T>;
}
