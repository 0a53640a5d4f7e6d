import { controllerName } from '../api/control-plane-names.ts';
import { apiVersionOf } from '../api/kinds.ts';
import { isPolicyKind } from '../api/policy-kinds.ts';
import { type ClusterKind, clusterKinds } from '../cluster/cluster-kinds.ts';
import type { Followed } from '../common/topic.ts';
import type { CompiledMesh } from '../mesh/compile.ts';
import type { Diagnostic } from '../policy/diagnostic.ts';
import { ObjectEvents } from '../status/object-events.ts';
import type { ControlPlaneContext } from './context.ts';
import type { Watches } from './watches.ts';

/** Events about the objects on which Weft writes no status: Services, Pods and Namespaces. */
export function createObjectEvents(
  { client, clock, logger, options }: ControlPlaneContext,
  watches: Watches,
  mesh: Followed<CompiledMesh | undefined>,
): ObjectEvents {
  let compiled: readonly Diagnostic[] = [];
  let crowded: readonly Diagnostic[] = [];
  let diagnostics: readonly Diagnostic[] = [];
  const withoutStatus = ({ object }: Diagnostic): boolean => !isPolicyKind(object.kind);
  return new ObjectEvents({
    client,
    clock,
    logger: logger.with({ part: 'events' }),
    controller: controllerName,
    instance: options.podName,
    diagnostics: () => {
      const now = [mesh.value?.diagnostics ?? compiled, watches.crowded()] as const;
      if (now[0] !== compiled || now[1] !== crowded) {
        [compiled, crowded] = now;
        diagnostics = [...compiled.filter(withoutStatus), ...crowded];
      }
      return diagnostics;
    },
    find: ({ object: { kind, namespace, name } }) => {
      const clusterKind = kind as ClusterKind;
      const key = kind === 'Namespace' ? name : `${namespace}/${name}`;
      const found = watches.cluster[clusterKind].objects.get(key);
      if (found === undefined) return undefined;
      // An Event on a Namespace is written there, where its users look for it.
      const metadata = { ...found.metadata, ...(namespace === '' ? {} : { namespace }) };
      const of = clusterKinds[clusterKind];
      return { ...found, apiVersion: apiVersionOf(of), kind: of.kind, metadata };
    },
  });
}
