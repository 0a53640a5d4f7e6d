// Input: a TrafficTarget, the pods, and the compiled mesh. Output: why the target opens nothing at its destination, if
// so. Rule: the missing pods, sidecars and ports may still come, so nothing is left out for it.
import { isHttp } from '../policy/service.ts';
import { onceFor } from '../common/once-for.ts';
import type { TrafficTarget } from '../api/gen/traffic-target.ts';
import type { Pod } from '../api/core.ts';
import { injectedBy } from '../api/labels.ts';
import type { ByName, ClusterSnapshot } from '../cluster/snapshot.ts';
import type { AccessRule } from '../policy/access.ts';
import type { Diagnostic } from '../policy/diagnostic.ts';
import { identityKey, type IdentityKey } from '../policy/identity.ts';
import type { MeshModel } from '../policy/mesh-model.ts';
import type { ServedPort } from '../policy/workload.ts';
import { accountsWithoutPods } from './accounts-without-pods.ts';
import { warn } from '../cluster/diagnose.ts';
import { isFinished } from './pod-state.ts';
import { accountOf } from './services.ts';

/** Why a TrafficTarget opens nothing, as its status shows it. */
export type Closed = 'no pods' | 'no sidecar' | 'no port';

export interface Opening {
  /** Undefined when the target opens a port, or has no rules to check (permissive mode, or an object with errors). */
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
  const rules = model.settings.permissive ? [] : rulesOf(object, model);
  if (rules.length === 0) return { closed: undefined, diagnostics };
  const found = obstacle(object, rules, model);
  const more = found === undefined ? halfJoined(object, namespaces) : [found.diagnostic];
  return { closed: found?.closed, diagnostics: [...more, ...diagnostics] };
}

/**
 * Warns of destination pods without a sidecar: sidecars enforce a TrafficTarget, so a pod without one accepts every
 * caller.
 */
function halfJoined(
  object: TrafficTarget,
  namespaces: ClusterSnapshot['namespaces'],
): readonly Diagnostic[] {
  const { metadata, spec } = object;
  const pods = namespaces.get(metadata.namespace ?? '')?.Pod;
  const [first, ...others] = (pods && bareIn(pods).get(destinationOf(object))) ?? [];
  if (first === undefined) return [];
  const more = others.length > 0 ? ` and ${others.length} more` : '';
  const message = `spec.destination: pod ${first}${more} of ServiceAccount ${spec.destination.name} runs without a sidecar, so no policy protects it; restart its workload, or find out why it has no sidecar: kubectl describe meshconfig -n weft-system`;
  return [warn(object, 'target-without-sidecar', message)];
}

/** The names of pods that have an address and no sidecar, by account. */
const bareIn = onceFor((pods: ByName<Pod>): ReadonlyMap<IdentityKey, readonly string[]> => {
  const bare = new Map<IdentityKey, string[]>();
  for (const [name, pod] of pods) {
    if (pod.status?.podIP === undefined || isFinished(pod)) continue;
    if (pod.metadata.labels?.[injectedBy] !== undefined) continue;
    const account = accountOf(pod);
    bare.set(account, [...(bare.get(account) ?? []), name]);
  }
  return bare;
});

interface Obstacle {
  readonly closed: Closed;
  readonly diagnostic: Diagnostic;
}

function destinationOf({ metadata: { namespace = '' }, spec }: TrafficTarget): IdentityKey {
  return identityKey({ namespace, serviceAccount: spec.destination.name });
}

function rulesOf(object: TrafficTarget, { rules }: Around['model']): readonly AccessRule[] {
  const { namespace = '', name } = object.metadata;
  return rulesByName(rules).get(`${namespace}/${name}`) ?? [];
}

function obstacle(
  object: TrafficTarget,
  rules: readonly AccessRule[],
  model: Around['model'],
): Obstacle | undefined {
  const { metadata, spec } = object;
  const { namespace = '' } = metadata;
  const account = destinationOf(object);
  const served = servedBy(model.workloads).get(account);
  const pods = `the pods of ${namespace} that run as ServiceAccount ${spec.destination.name}`;
  if (served === undefined) {
    const message = `spec.destination: none of ${pods} has a sidecar, so this TrafficTarget allows no traffic; restart their workloads, or find out why they have no sidecar: kubectl describe meshconfig -n weft-system`;
    return { closed: 'no sidecar', diagnostic: warn(object, 'target-without-sidecar', message) };
  }
  for (const port of served.values()) if (rules.some((rule) => opens(rule, port))) return undefined;
  const ports = [...served.keys()];
  const message =
    ports.length === 0
      ? `spec.destination: no Service leads to ${pods}, so clients cannot call them; create a Service, or correct its selector`
      : `spec.rules opens none of the ports ${ports.join(', ')} of ${pods}: an HTTPRouteGroup opens HTTP ports only; a TCPRoute opens the target ports that it names, in a TrafficTarget without HTTPRouteGroups; write such a TrafficTarget, or correct the port's appProtocol`;
  return { closed: 'no port', diagnostic: warn(object, 'target-without-port', message) };
}

function opens({ ports, http }: AccessRule, { targetPort, protocol }: ServedPort): boolean {
  if (ports !== 'all' && !ports.includes(targetPort)) return false;
  return http === 'all' || (isHttp(protocol) && http.length > 0);
}

type Served = ReadonlyMap<IdentityKey, ReadonlyMap<string, ServedPort>>;

/**
 * The ports that pods with a sidecar serve, by account, then by the text that messages show: each once, however many
 * pods serve it.
 */
const servedBy = onceFor((workloads: MeshModel['workloads']): Served => {
  const served = new Map<IdentityKey, Map<string, ServedPort>>();
  const lists = new Map<IdentityKey, Set<unknown>>();
  for (const { account, served: ports } of workloads.values()) {
    const [all, seen] = [
      served.get(account) ?? new Map<string, ServedPort>(),
      lists.get(account) ?? new Set<unknown>(),
    ];
    served.set(account, all);
    lists.set(account, seen);
    if (seen.has(ports)) continue;
    seen.add(ports);
    for (const port of ports) all.set(`${port.targetPort} (${port.protocol})`, port);
  }
  return served;
});

type Rules = MeshModel['rules'];

/** The rules of each TrafficTarget, by its name with its namespace. */
const rulesByName = onceFor((rules: Rules): ReadonlyMap<string, readonly AccessRule[]> => {
  const named = new Map<string, AccessRule[]>();
  for (const some of rules.values())
    for (const rule of some) {
      const list = named.get(rule.name);
      if (list === undefined) named.set(rule.name, [rule]);
      else list.push(rule);
    }
  return named;
});
