import type { Kind } from '../api/kinds.ts';
import { isMember } from '../cluster/mesh-membership.ts';
import type { Diagnostic } from '../policy/diagnostic.ts';
import { originKey, type OriginKey } from '../policy/origin.ts';
import type { JoinedEvidence } from '../xds/server/join.ts';
import type { Compiled } from './pipeline.ts';
import { policyStatus, type WantedPolicyStatus } from './policy-status.ts';
import { clusterKinds, policyKinds, type Sources } from './sources.ts';
import type { PolicyObject, WantedStatus } from './status-writer.ts';

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

/** What every policy object of the mesh should say in its status, from the mesh as compiled. */
export function policyStatuses(
  sources: Sources,
  compiled: Compiled,
  evidence: JoinedEvidence,
): readonly WantedStatus[] {
  const diagnostics = byObject(compiled.diagnostics);
  const statusOf = (kind: string, object: PolicyObject): WantedPolicyStatus => {
    const { namespace = '', name, generation = 0 } = object.metadata;
    const key = originKey({ kind, namespace, name });
    return policyStatus({
      kind,
      generation,
      diagnostics: diagnostics.get(key) ?? [],
      evidence: evidence.objects.get(key),
      complete: evidence.complete,
      permissive: compiled.settings.permissive,
    });
  };
  const inMesh = (object: PolicyObject): boolean =>
    isMember(
      compiled.snapshot.namespaces.get(object.metadata.namespace ?? '')?.Namespace,
      compiled.snapshot.membership,
    );
  return policyKinds.flatMap((name) => {
    const kind: Kind = clusterKinds[name];
    const objects = [...sources.cluster[name].objects.values()] as PolicyObject[];
    return objects
      .filter(inMesh)
      .map((object) => ({ kind, object, status: statusOf(name, object) }));
  });
}
