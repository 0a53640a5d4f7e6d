import type { KubernetesObject } from './core.ts';
import type { HTTPRouteGroup } from './gen/http-route-group.ts';
import type { TCPRoute } from './gen/tcp-route.ts';
import type { TrafficSplit } from './gen/traffic-split.ts';
import type { TrafficTarget } from './gen/traffic-target.ts';
import { type Kind, kind } from './kinds.ts';

/**
 * How objects of a kind carry Weft's status: in fields that are Weft's own, or in Weft's entries of a list that several
 * controllers share (Gateway API: RouteStatus has `parents`, PolicyStatus has `ancestors`).
 */
export type StatusShapeName = 'flat' | 'parents' | 'ancestors';

/** One kind of policy: objects that users write, that Weft checks at admission, and that get a status. */
export interface PolicyRow<T extends KubernetesObject> extends Kind {
  /** In permissive mode all traffic is allowed: a policy that allows traffic waits; any other policy still applies. */
  readonly inPermissiveMode: 'waits' | 'applies';
  /**
   * Whether the cluster may lack the CRD: Weft then watches the kind once the CRD appears, and is ready without it.
   * Weft installs the CRDs of all other kinds itself.
   */
  readonly optional: boolean;
  readonly status: StatusShapeName;
  /** Only for the compiler: the type of the objects. */
  readonly object?: T;
}

function policy<T extends KubernetesObject>(
  of: Kind,
  row: Pick<PolicyRow<T>, 'inPermissiveMode'> & Partial<Pick<PolicyRow<T>, 'optional' | 'status'>>,
): PolicyRow<T> {
  return { optional: false, status: 'flat', ...of, ...row };
}

/**
 * All kinds of policies (docs/decisions/0129). From this table follow the snapshot, the watches, their rations of
 * memory, the rules of the validating webhook, the control plane's RBAC and which objects get a status.
 * mesh/policy-readers.ts has the code that reads each kind.
 */
export const policyKinds = {
  TrafficTarget: policy<TrafficTarget>(
    kind('access.smi-spec.io/v1alpha3', 'TrafficTarget', 'traffictargets'),
    { inPermissiveMode: 'waits' },
  ),
  HTTPRouteGroup: policy<HTTPRouteGroup>(
    kind('specs.smi-spec.io/v1alpha4', 'HTTPRouteGroup', 'httproutegroups'),
    { inPermissiveMode: 'waits' },
  ),
  TCPRoute: policy<TCPRoute>(kind('specs.smi-spec.io/v1alpha4', 'TCPRoute', 'tcproutes'), {
    inPermissiveMode: 'waits',
  }),
  TrafficSplit: policy<TrafficSplit>(
    kind('split.smi-spec.io/v1alpha2', 'TrafficSplit', 'trafficsplits'),
    { inPermissiveMode: 'applies' },
  ),
};

export type PolicyKind = keyof typeof policyKinds;

/** The type of the objects of each kind of policy. */
export type PolicyTypes = {
  readonly [K in PolicyKind]: NonNullable<(typeof policyKinds)[K]['object']>;
};

/** The names of all kinds of policies. */
export const policyKindNames = Object.keys(policyKinds) as readonly PolicyKind[];

export function isPolicyKind(name: string): name is PolicyKind {
  return Object.hasOwn(policyKinds, name);
}
