// Input: a TrafficTarget, the pods, and the mesh as compiled. Output: what keeps it from opening anything
// at its destination, if something does. Rule: all of it may still come, so nothing is left out for it.
import { isHttp } from '../policy/service.ts';
import { onceFor } from '../common/once-for.ts';
import type { TrafficTarget } from '../api/gen/traffic-target.ts';
import type { ClusterSnapshot } from '../cluster/snapshot.ts';
import type { AccessRule } from '../policy/access.ts';
import type { Diagnostic } from '../policy/diagnostic.ts';
import { identityKey, type IdentityKey } from '../policy/identity.ts';
import type { MeshModel } from '../policy/mesh-model.ts';
import type { ServedPort } from '../policy/workload.ts';
import { accountsWithoutPods } from './accounts-without-pods.ts';
import { warn } from './diagnose.ts';

/** Why a TrafficTarget opens nothing, as its status shows it. */
export type Closed = 'no pods' | 'no sidecar' | 'no port';

export interface Opening {
  /** Undefined: it opens something, or it is not known what it speaks of. */
  readonly closed: Closed | undefined;
  readonly diagnostics: readonly Diagnostic[];
}

interface Around {
  readonly namespaces: ClusterSnapshot['namespaces'];
  readonly model: Pick<MeshModel, 'workloads' | 'rules' | 'settings'>;
}

export function openingOf(object: TrafficTarget, { namespaces, model }: Around): Opening {
  const { destination, diagnostics } = accountsWithoutPods(object, namespaces);
  if (destination) return { closed: 'no pods', diagnostics };
  const found = model.settings.permissive ? undefined : obstacle(object, model);
  if (found === undefined) return { closed: undefined, diagnostics };
  return { closed: found.closed, diagnostics: [found.diagnostic, ...diagnostics] };
}

interface Obstacle {
  readonly closed: Closed;
  readonly diagnostic: Diagnostic;
}

function obstacle(object: TrafficTarget, model: Around['model']): Obstacle | undefined {
  const { metadata, spec } = object;
  const { namespace = '', name } = metadata;
  const account = identityKey({ namespace, serviceAccount: spec.destination.name });
  const rules = (model.rules.get(account) ?? []).filter(
    (rule) => rule.name === `${namespace}/${name}`,
  );
  if (rules.length === 0) return undefined;
  const served = servedBy(model.workloads).get(account);
  const pods = `the pods of ${namespace} that run as ServiceAccount ${spec.destination.name}`;
  if (served === undefined) {
    const message = `spec.destination: none of ${pods} has a sidecar, so this opens nothing; restart their workloads, or see why they have none: kubectl describe meshconfig -n weft-system`;
    return { closed: 'no sidecar', diagnostic: warn(object, 'target-without-sidecar', message) };
  }
  if (served.some((port) => rules.some((rule) => opens(rule, port)))) return undefined;
  const ports = served.map(({ targetPort, protocol }) => `${targetPort} (${protocol})`);
  const message =
    ports.length === 0
      ? `spec.destination: no Service leads to ${pods}, so nobody can call them; create one, or correct its selector`
      : `spec.rules: of the ports of ${pods}, ${[...new Set(ports)].join(', ')}, none is opened: an HTTPRouteGroup opens HTTP ports alone; a TCPRoute opens the target ports that it names, in a TrafficTarget without HTTPRouteGroups; write such a TrafficTarget, or correct the port's appProtocol`;
  return { closed: 'no port', diagnostic: warn(object, 'target-without-port', message) };
}

function opens({ ports, http }: AccessRule, { targetPort, protocol }: ServedPort): boolean {
  if (ports !== 'all' && !ports.includes(targetPort)) return false;
  return http === 'all' || (isHttp(protocol) && http.length > 0);
}

type Served = ReadonlyMap<IdentityKey, readonly ServedPort[]>;

/** The ports that pods with a sidecar serve, by account. */
const servedBy = onceFor((workloads: MeshModel['workloads']): Served => {
  const served = new Map<IdentityKey, ServedPort[]>();
  for (const workload of workloads.values()) {
    const all = served.get(workload.account) ?? [];
    all.push(...workload.served.filter((port) => !all.includes(port)));
    served.set(workload.account, all);
  }
  return served;
});
