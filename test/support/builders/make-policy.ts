import type { HTTPRouteGroup } from '../../../src/api/gen/http-route-group.ts';
import type { TCPRoute } from '../../../src/api/gen/tcp-route.ts';
import type { TrafficSplit } from '../../../src/api/gen/traffic-split.ts';
import type { TrafficTarget } from '../../../src/api/gen/traffic-target.ts';
import { makeMetadata, type Named } from './make-object.ts';

export interface TargetOptions extends Named {
  /** The destination's ServiceAccount. */
  readonly to?: string;
  readonly toNamespace?: string;
  /** `<namespace>/<ServiceAccount>` of those who may call. */
  readonly from?: readonly string[];
  readonly rules?: TrafficTarget['spec']['rules'];
}

/** Lets shop/web call shop/cart by HTTPRouteGroup "routes", unless said otherwise. */
export function makeTrafficTarget(options: TargetOptions = {}): TrafficTarget {
  const { to = 'cart', from = ['shop/web'], namespace = 'shop' } = options;
  return {
    apiVersion: 'access.smi-spec.io/v1alpha3',
    kind: 'TrafficTarget',
    metadata: makeMetadata(options, to),
    spec: {
      destination: {
        kind: 'ServiceAccount',
        name: to,
        namespace: options.toNamespace ?? namespace,
      },
      rules: options.rules ?? [{ kind: 'HTTPRouteGroup', name: 'routes' }],
      sources: from.map((source) => {
        const [sourceNamespace = '', name = ''] = source.split('/');
        return { kind: 'ServiceAccount', name, namespace: sourceNamespace };
      }),
    },
  };
}

export interface RouteGroupOptions extends Named {
  readonly matches?: HTTPRouteGroup['spec']['matches'];
}

/** One match "all", which takes any request, unless said otherwise. */
export function makeRouteGroup(options: RouteGroupOptions = {}): HTTPRouteGroup {
  return {
    apiVersion: 'specs.smi-spec.io/v1alpha4',
    kind: 'HTTPRouteGroup',
    metadata: makeMetadata(options, 'routes'),
    spec: { matches: options.matches ?? [{ name: 'all' }] },
  };
}

export interface TcpRouteOptions extends Named {
  readonly ports?: readonly number[];
}

/** All ports, unless said otherwise. */
export function makeTcpRoute(options: TcpRouteOptions = {}): TCPRoute {
  return {
    apiVersion: 'specs.smi-spec.io/v1alpha4',
    kind: 'TCPRoute',
    metadata: makeMetadata(options, 'tcp'),
    spec: options.ports === undefined ? {} : { matches: { ports: options.ports } },
  };
}

export interface SplitOptions extends Named {
  readonly apex?: string;
  /** Weight by service. */
  readonly backends?: Readonly<Record<string, number>>;
  readonly matches?: TrafficSplit['spec']['matches'];
}

/** Splits "cart" evenly between "cart-v1" and "cart-v2", unless said otherwise. */
export function makeTrafficSplit(options: SplitOptions = {}): TrafficSplit {
  const { apex = 'cart', backends = { 'cart-v1': 50, 'cart-v2': 50 }, matches } = options;
  return {
    apiVersion: 'split.smi-spec.io/v1alpha2',
    kind: 'TrafficSplit',
    metadata: makeMetadata(options, 'split'),
    spec: {
      service: apex,
      backends: Object.entries(backends).map(([service, weight]) => ({ service, weight })),
      ...(matches === undefined ? {} : { matches }),
    },
  };
}
