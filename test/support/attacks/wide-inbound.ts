import { makeEndpointSlice, makeService } from '../builders/make-object.ts';
import {
  makeRouteGroup,
  makeTrafficTarget,
  type RouteGroupOptions,
} from '../builders/make-policy.ts';
import { attacker } from './two-namespaces.ts';
import {
  type WideShape,
  addressOf,
  evil,
  named,
  own,
  pods,
  portsOf,
  target,
} from './wide-shape.ts';

function matches(count: number): NonNullable<RouteGroupOptions['matches']> {
  return named(count, 'm').map((name) => ({ name, pathRegex: `/${name}/.*`, methods: ['GET'] }));
}

/** What one namespace makes of its own proxies. */
export const wideInbound: readonly WideShape[] = [
  {
    name: '4,096 sources at 64 ports',
    uid: own,
    objects: () => [
      ...pods(1),
      makeService({ ...evil, name: 'evil', ports: portsOf('tcp', 64) }),
      makeTrafficTarget({ ...target, from: named(4096, 'shop/a') }),
    ],
    code: 'target-too-wide',
  },
  {
    name: '4,096 sources at 64 ports, in permissive mode',
    uid: own,
    objects: () => [
      ...pods(1),
      makeService({ ...evil, name: 'evil', ports: portsOf('http', 64) }),
      makeTrafficTarget({ ...target, from: named(4096, 'shop/a') }),
    ],
    settings: { permissive: true },
    code: 'target-too-wide',
  },
  {
    name: '400 TrafficTargets that name one group of 2,000 matches',
    uid: own,
    objects: () => [
      ...pods(1),
      makeService({ ...evil, name: 'evil', ports: portsOf('http', 1) }),
      makeRouteGroup({ namespace: attacker, name: 'group', matches: matches(2000) }),
      ...named(400, 'target-').map((name) =>
        makeTrafficTarget({ ...target, name, rules: [{ kind: 'HTTPRouteGroup', name: 'group' }] }),
      ),
    ],
    code: 'target-too-wide',
  },
  {
    name: '200 TrafficTargets that each pick others of 2,000 matches',
    uid: own,
    objects: () => [
      ...pods(1),
      makeService({ ...evil, name: 'evil', ports: portsOf('http', 16) }),
      makeRouteGroup({ namespace: attacker, name: 'group', matches: matches(2000) }),
      ...named(200, 'target-').map((name, index) => {
        const picked = named(2000, 'm').filter((_, at) => at !== index);
        const rules = [{ kind: 'HTTPRouteGroup' as const, name: 'group', matches: picked }];
        return makeTrafficTarget({ ...target, name, rules });
      }),
    ],
    code: 'target-too-wide',
  },
  {
    name: '400 matches that become long, at 128 ports',
    uid: own,
    objects: () => [
      ...pods(1),
      makeService({ ...evil, name: 'evil', ports: portsOf('http', 128) }),
      makeRouteGroup({
        namespace: attacker,
        name: 'group',
        matches: named(400, 'm').map((name) => ({
          name,
          pathRegex: `/${name}${'\\D'.repeat(40)}`,
        })),
      }),
      makeTrafficTarget({ ...target, rules: [{ kind: 'HTTPRouteGroup', name: 'group' }] }),
    ],
    code: 'target-too-wide',
  },
  {
    name: '2,000 TrafficTargets that name 64 groups each',
    uid: own,
    objects: () => [
      ...pods(1),
      makeService({ ...evil, name: 'evil', ports: portsOf('http', 1) }),
      ...named(64, 'g').map((name) =>
        makeRouteGroup({ namespace: attacker, name, matches: matches(500) }),
      ),
      ...named(2000, 'target-').map((name) => {
        const rules = named(64, 'g').map((one) => ({ kind: 'HTTPRouteGroup' as const, name: one }));
        return makeTrafficTarget({ ...target, name, rules });
      }),
    ],
    code: 'target-too-wide',
  },
  {
    name: '400 ports of one pod by slices of one Service',
    uid: own,
    objects: () => [
      ...pods(1),
      makeService({ ...evil, name: 'evil', ports: portsOf('http', 128) }),
      ...named(400, 's').map((name, index) =>
        makeEndpointSlice({
          ...{ namespace: attacker, name, service: 'evil', pods: { 'evil-0': addressOf(0) } },
          ports: portsOf('http', 128, 20_000 + 100 * index),
        }),
      ),
      makeTrafficTarget({ ...target, from: named(50, 'shop/a') }),
    ],
    code: 'service-ports-limited',
  },
];
