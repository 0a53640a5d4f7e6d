import type { KubernetesObject, Namespace } from '../api/core.ts';
import type { TCPRoute } from '../api/gen/tcp-route.ts';
import type { TrafficTarget } from '../api/gen/traffic-target.ts';
import type { Kind } from '../api/kinds.ts';
import { leftOutOf } from '../cluster/left-out.ts';
import { isMember } from '../cluster/mesh-membership.ts';
import type { Diagnostic } from '../policy/diagnostic.ts';
import { originKey, type OriginKey } from '../policy/origin.ts';
import { type Opening, openingOf } from '../mesh/closed-target.ts';
import { readTcpRoute } from '../smi/tcp-route/read.ts';
import type { WholeEvidence } from '../xds/evidence/count-absent.ts';
import { leftStatus } from './left-status.ts';
import type { CompiledMesh } from '../mesh/compile.ts';
import { policyStatus, shortenMessage, type WantedPolicyStatus } from './policy-status.ts';
import { type PolicyKind, policyKindNames, policyKinds } from '../api/policy-kinds.ts';
import type { ObjectStore } from '../kubernetes/store.ts';
import { statusShape } from './status-shapes.ts';
import type { PolicyObject } from './kept-status.ts';
import type { WantedStatus } from './wanted-status.ts';

function byObject(diagnostics: readonly Diagnostic[]): ReadonlyMap<OriginKey, Diagnostic[]> {
  const found = new Map<OriginKey, Diagnostic[]>();
  for (const diagnostic of diagnostics) {
    const key = originKey(diagnostic.object);
    const list = found.get(key);
    if (list === undefined) found.set(key, [diagnostic]);
    else list.push(diagnostic);
  }
  return found;
}

/** The evidence that proxies have policies in force, by the policy's key. */
export interface PolicyEvidence {
  readonly complete: boolean;
  /** Whether missing evidence is about to come, as after the start of a replica: the last status stands until then. */
  readonly settling?: boolean;
  readonly get: (key: OriginKey) => WholeEvidence | undefined;
}

/**
 * The ports for the status of a TCPRoute. An empty list means all ports and is shown as such: an empty column would
 * read as none.
 */
export function shownPorts(
  kind: PolicyKind,
  object: PolicyObject,
): Pick<WantedPolicyStatus, 'ports'> {
  const ports = kind === 'TCPRoute' ? readTcpRoute(object as TCPRoute).ports : undefined;
  if (ports === undefined) return {};
  return { ports: shortenMessage(ports === 'all' ? ports : ports.join(',')) };
}

/**
 * Whether the mesh was compiled from this very object as it is now. The cache may be ahead: until the next compile
 * nothing is known of a new object or a new generation, and the object's last status stands.
 */
function isCompiled(kind: PolicyKind, object: PolicyObject, { snapshot }: CompiledMesh): boolean {
  const { namespace = '', name, uid, generation } = object.metadata;
  const known: KubernetesObject | undefined = snapshot.namespaces.get(namespace)?.[kind].get(name);
  if (known === undefined || known.metadata.uid !== uid) return false;
  return known.metadata.generation === generation && leftOutOf(known) === leftOutOf(object);
}

function isUnknown({ conditions }: WantedPolicyStatus): boolean {
  return conditions.some(({ status }) => status === 'Unknown');
}

/** The policies as the cache holds them, each with its status. */
export type PolicyStores = Readonly<Record<PolicyKind, Pick<ObjectStore<PolicyObject>, 'objects'>>>;

/**
 * The wanted status of every policy object that the mesh was compiled from, and of every policy object whose namespace
 * has left the mesh.
 */
export function policyStatuses(
  policies: PolicyStores,
  compiled: CompiledMesh,
  evidence: PolicyEvidence,
): readonly WantedStatus[] {
  const diagnostics = byObject(compiled.diagnostics);
  const { membership, namespaces } = compiled.snapshot;
  const statusOf = (kind: PolicyKind, object: PolicyObject): WantedPolicyStatus => {
    const { namespace = '', name, generation = 0 } = object.metadata;
    const key = originKey({ kind, namespace, name });
    const opening: Opening =
      kind === 'TrafficTarget'
        ? openingOf(object as TrafficTarget, { namespaces, model: compiled.model })
        : { closed: undefined, diagnostics: [] };
    return policyStatus({
      kind,
      generation,
      diagnostics: [...(diagnostics.get(key) ?? []), ...opening.diagnostics],
      closed: opening.closed,
      evidence: evidence.get(key),
      complete: evidence.complete,
      permissive: compiled.settings.permissive,
    });
  };
  const namespaceOf = (object: PolicyObject): Namespace | undefined =>
    namespaces.get(object.metadata.namespace ?? '')?.Namespace;
  return policyKindNames.flatMap((name) => {
    const kind: Kind = policyKinds[name];
    const shape = statusShape(name);
    const objects = [...policies[name].objects.values()];
    return objects.flatMap((object) => {
      const namespace = namespaceOf(object);
      const isInside = isMember(namespace, membership);
      if (isInside && !isCompiled(name, object, compiled)) return [];
      const status = isInside
        ? statusOf(name, object)
        : leftStatus(object, namespace, membership.meshName);
      return status === undefined || (evidence.settling === true && isUnknown(status))
        ? []
        : [{ kind, object, shape, status: { ...status, ...shownPorts(name, object) } }];
    });
  });
}
