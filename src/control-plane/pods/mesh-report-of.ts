// Input: the pods as the ledger sees them, everybody's evidence, the replicas, and what is wrong with
// Services. Output: the report that the operator judges by. Pure.
import {
  type Finding,
  type FindingKind,
  findingKinds,
  type Found,
  maxFound,
  type MeshReport,
} from '../../api/mesh-report.ts';
import type { Diagnostic } from '../../policy/diagnostic.ts';
import type { ReplicaFacts } from '../replica-facts.ts';
import type { PodsLook } from './look.ts';

export interface MeshFacts {
  readonly pods: PodsLook;
  /** Replicas that run and cannot be asked, by name. */
  readonly unreachable: readonly string[];
  readonly replicas: readonly ReplicaFacts[];
  readonly diagnostics: readonly Diagnostic[];
}

export function meshReportOf(facts: MeshFacts): MeshReport {
  const { pods, unreachable, replicas, diagnostics } = facts;
  const troubles = new Map<FindingKind, readonly Found[]>([
    ...pods.troubles,
    [
      'replica-unreachable',
      unreachable.map((name) => ({ name, why: 'it runs and does not answer the other replicas' })),
    ],
    ['server-certificate', replicas.flatMap(certificateTrouble)],
    ['service-not-served', notServed(diagnostics)],
  ]);
  return {
    connected: pods.connected,
    synced: pods.synced,
    rejected: pods.rejected,
    expected: pods.expected,
    starting: pods.starting,
    leftOut: pods.leftOut,
    findings: findingKinds.flatMap((kind) => findingOf(kind, troubles.get(kind) ?? [])),
  };
}

function findingOf(kind: FindingKind, all: readonly Found[]): readonly Finding[] {
  if (all.length === 0) return [];
  return [{ kind, count: all.length, found: firstByName(all) }];
}

/** The first few by name, so that the same trouble gives the same report. */
function firstByName(all: readonly Found[]): readonly Found[] {
  return all.toSorted((a, b) => (a.name < b.name ? -1 : 1)).slice(0, maxFound);
}

function certificateTrouble({ replica, certificate }: ReplicaFacts): readonly Found[] {
  return certificate === undefined
    ? []
    : [{ name: replica, why: `its certificate ${certificate}` }];
}

/** Services of which a part is left out of the mesh, each once. */
function notServed(diagnostics: readonly Diagnostic[]): readonly Found[] {
  const found = new Map<string, Found>();
  for (const { object, severity, message } of diagnostics) {
    if (object.kind !== 'Service' || severity !== 'error') continue;
    const name = `${object.namespace}/${object.name}`;
    if (!found.has(name)) found.set(name, { name, why: message });
  }
  return [...found.values()];
}
