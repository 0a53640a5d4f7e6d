// Input: a snapshot of the cluster and the mesh's settings. Output: the mesh in its own words, and
// the diagnostics. Rule: each namespace is compiled alone; a part that equals the previous
// result is the very same object, so a consumer may find changes by identity.
import { isMember } from '../cluster/mesh-membership.ts';
import type { ClusterSnapshot } from '../cluster/snapshot.ts';
import type { Diagnostic } from '../policy/diagnostic.ts';
import type { MeshModel } from '../policy/mesh-model.ts';
import type { MeshSettings } from '../policy/mesh-settings.ts';
import { originKey } from '../policy/origin.ts';
import { keepAddressBook } from './address-book.ts';
import { type ClusterIps, resolveClusterIps } from './cluster-ips.ts';
import {
  type NamespaceContext,
  type CompiledNamespace,
  compileNamespace,
  type Scope,
} from './namespace.ts';
import { plaintextIn } from './plaintext.ts';
import { sameEntries, sameItems, share } from '../common/remember.ts';

/** A compiled mesh. With it as `previous`, the next compileMesh costs only what changed. */
export interface Compilation {
  readonly model: MeshModel;
  /** Sorted by object, then code, then message. */
  readonly diagnostics: readonly Diagnostic[];
  /** The memory from which the next compilation starts. */
  readonly memory: {
    readonly scope: Scope;
    readonly clusterIps: ClusterIps;
    /** The namespaces of the mesh, by name. */
    readonly namespaces: ReadonlyMap<string, CompiledNamespace>;
  };
}

/** A compilation with what it was made of. */
export interface CompiledMesh extends Compilation {
  readonly snapshot: ClusterSnapshot;
  readonly settings: MeshSettings;
}

/** Compiles the mesh. Never throws for a broken object: it is left out, with a diagnostic; the rest stays in force. */
export function compileMesh(
  snapshot: ClusterSnapshot,
  settings: MeshSettings,
  previous?: Compilation,
): Compilation {
  const scope = share(previous?.memory.scope, {
    meshName: snapshot.membership.meshName,
    clusterDomain: settings.clusterDomain,
  });
  const { book, changed } = keepAddressBook(snapshot, previous?.memory.clusterIps.book);
  const clusterIps = resolveClusterIps(book, changed, previous?.memory.clusterIps);
  const plaintext = plaintextIn(settings);
  const addresses = { book, changed, lost: clusterIps.lost };
  const namespaces = compileNamespaces(snapshot, { scope, plaintext, addresses }, previous);
  const shared = share(previous?.model.settings, settings);
  const unchanged =
    previous?.model.settings === shared && sameEntries(previous.memory.namespaces, namespaces);
  if (unchanged) {
    const { model, diagnostics, memory } = previous;
    return memory.clusterIps.book === book
      ? previous
      : { model, diagnostics, memory: { ...memory, clusterIps } };
  }
  return {
    model: mergeModel([...namespaces.values()], shared, previous),
    diagnostics: mergeDiagnostics([...namespaces.values()], previous),
    memory: { scope, clusterIps, namespaces },
  };
}

function compileNamespaces(
  snapshot: ClusterSnapshot,
  around: NamespaceContext,
  previous: Compilation | undefined,
): ReadonlyMap<string, CompiledNamespace> {
  const namespaces = new Map<string, CompiledNamespace>();
  for (const [name, input] of [...snapshot.namespaces].sort(([a], [b]) => (a < b ? -1 : 1))) {
    if (!isMember(input.Namespace, snapshot.membership)) continue;
    const before = previous?.memory.namespaces.get(name);
    namespaces.set(name, compileNamespace(input, around, before));
  }
  return namespaces;
}

const emptyModel: Partial<MeshModel> = {};

function mergeModel(
  namespaces: readonly CompiledNamespace[],
  settings: MeshSettings,
  previous: Compilation | undefined,
): MeshModel {
  const before = previous?.model ?? emptyModel;
  const earlier = [...(previous?.memory.namespaces.values() ?? [])];
  const merge = <K, V>(part: Part<K, V>, merged: ReadonlyMap<K, V> | undefined) =>
    mergeMaps(namespaces.map(part), earlier.map(part), merged);
  return {
    settings,
    services: merge((namespace) => namespace.services.result, before.services),
    endpoints: merge((namespace) => namespace.endpoints.endpoints, before.endpoints),
    splits: merge((namespace) => namespace.splits.value.splits, before.splits),
    rules: merge((namespace) => namespace.inbound.rules, before.rules),
    neverPlaintext: settings.egress
      ? mergeNeverPlaintext(namespaces, earlier, before)
      : noAddresses,
    workloads: merge((namespace) => namespace.inbound.workloads, before.workloads),
  };
}

const noAddresses: MeshModel['neverPlaintext'] = [];

function mergeNeverPlaintext(
  namespaces: readonly CompiledNamespace[],
  earlier: readonly CompiledNamespace[],
  before: Partial<MeshModel>,
): MeshModel['neverPlaintext'] {
  const lists = namespaces.map(({ neverPlaintext }) => neverPlaintext.value);
  const listsBefore = earlier.map(({ neverPlaintext }) => neverPlaintext.value);
  const stands = before.settings?.egress === true && sameItems(lists, listsBefore);
  if (stands && before.neverPlaintext !== undefined) return before.neverPlaintext;
  return share(before.neverPlaintext, [...new Set(lists.flat())].sort());
}

type Part<K, V> = (namespace: CompiledNamespace) => ReadonlyMap<K, V>;

/**
 * Merges the parts into one map; returns `merged` while the parts are those it was made from. Throws if two namespaces
 * have one key: the rules of one of them would be lost. No object brings that about, so it is a defect of the compiler:
 * a key begins with its namespace, or is the uid of a pod (keys-of-namespaces.test.ts).
 */
function mergeMaps<K, V>(
  parts: readonly ReadonlyMap<K, V>[],
  earlier: readonly ReadonlyMap<K, V>[],
  merged: ReadonlyMap<K, V> | undefined,
): ReadonlyMap<K, V> {
  if (merged !== undefined && sameItems(parts, earlier)) return merged;
  const all = new Map<K, V>();
  for (const part of parts)
    for (const [key, value] of part) {
      if (all.has(key)) throw new Error(`two namespaces both define ${String(key)}`);
      all.set(key, value);
    }
  return merged !== undefined && sameEntries(merged, all) ? merged : all;
}

function mergeDiagnostics(
  namespaces: readonly CompiledNamespace[],
  previous: Compilation | undefined,
): readonly Diagnostic[] {
  const lists = namespaces.map((namespace) => namespace.diagnostics.value);
  const earlier = [...(previous?.memory.namespaces.values() ?? [])].map(
    (namespace) => namespace.diagnostics.value,
  );
  if (previous !== undefined && sameItems(lists, earlier)) return previous.diagnostics;
  const placed = lists
    .flat()
    .map((one) => [`${originKey(one.object)} ${one.code} ${one.message}`, one] as const);
  return placed.sort(([a], [b]) => (a < b ? -1 : 1)).map(([, one]) => one);
}
