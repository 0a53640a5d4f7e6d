// Input: the pods as the ledger sees them, the evidence of all replicas, the replicas, and the diagnostics on Services,
// Pods and Namespaces. Output: the report from which the operator derives its conditions. Pure.
import {
  type Finding,
  type FindingKind,
  findingKinds,
  type Found,
  maxFound,
  type MeshReport,
} from '../api/mesh-report.ts';
import type { Diagnostic } from '../policy/diagnostic.ts';
import type { ReplicaFacts } from './replica-facts.ts';
import type { PodsLook } from '../pods/look.ts';

export interface MeshFacts {
  readonly pods: PodsLook;
  /** Replicas that run and cannot be asked, by name. */
  readonly unreachable: readonly string[];
  readonly replicas: readonly ReplicaFacts[];
  readonly diagnostics: readonly Diagnostic[];
}

export function meshReportOf(facts: MeshFacts): MeshReport {
  const { pods, unreachable, replicas, diagnostics } = facts;
  const found = new Map<FindingKind, readonly Found[]>([
    ...pods.found,
    [
      'replica-unreachable',
      unreachable.map((name) => ({ name, why: 'it runs but does not answer the other replicas' })),
    ],
    ['server-certificate', replicas.flatMap(certificateTrouble)],
    ...leftOut(diagnostics),
  ]);
  return {
    connected: pods.connected,
    synced: pods.synced,
    rejected: pods.rejected,
    late: pods.late,
    expected: pods.expected,
    starting: pods.starting,
    leftOut: pods.leftOut,
    findings: findingKinds.flatMap((kind) => findingOf(kind, found.get(kind) ?? [])),
  };
}

function findingOf(kind: FindingKind, all: readonly Found[]): readonly Finding[] {
  if (all.length === 0) return [];
  return [{ kind, count: all.length, found: firstByName(all) }];
}

/** The first few by name, so that the same findings give the same report. */
function firstByName(all: readonly Found[]): readonly Found[] {
  return all.toSorted((a, b) => (a.name < b.name ? -1 : 1)).slice(0, maxFound);
}

function certificateTrouble({ replica, certificate }: ReplicaFacts): readonly Found[] {
  return certificate === undefined
    ? []
    : [{ name: replica, why: `its certificate ${certificate}` }];
}

/** Kinds on which Weft writes no status, and the finding for an object of which a part is left out of the mesh. */
const leftOutKinds: ReadonlyMap<string, FindingKind> = new Map([
  ['Pod', 'pod-left-out'],
  ['Service', 'service-not-served'],
  ['EndpointSlice', 'service-not-served'],
  ['Namespace', 'namespace-left-out'],
]);

/** Objects of which a part is left out of the mesh, each once. */
function leftOut(diagnostics: readonly Diagnostic[]): ReadonlyMap<FindingKind, readonly Found[]> {
  const found = new Map<FindingKind, Map<string, Found>>();
  for (const { object, severity, message } of diagnostics) {
    const kind = leftOutKinds.get(object.kind);
    if (kind === undefined || severity !== 'error') continue;
    const name = object.namespace === '' ? object.name : `${object.namespace}/${object.name}`;
    const ofKind = found.get(kind) ?? new Map<string, Found>();
    if (!ofKind.has(name)) ofKind.set(name, { name, why: message, ...lookAt(object) });
    found.set(kind, ofKind);
  }
  return new Map([...found].map(([kind, objects]) => [kind, [...objects.values()]]));
}

/** The command for an EndpointSlice; nothing for other kinds, where the finding's own command is right. */
function lookAt({ kind, namespace, name }: Diagnostic['object']): Pick<Found, 'next'> {
  if (kind !== 'EndpointSlice') return {};
  return { next: `kubectl describe endpointslice -n ${namespace} ${name}` };
}
