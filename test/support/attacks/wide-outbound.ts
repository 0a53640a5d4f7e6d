import type { KubernetesObject } from '../../../src/api/core.ts';
import { makeEndpointSlice, makeService } from '../builders/make-object.ts';
import { makeTrafficSplit, makeTrafficTarget } from '../builders/make-policy.ts';
import { attacker } from './two-namespaces.ts';
import {
  type WideShape,
  addressOf,
  caller,
  evil,
  named,
  pods,
  portsOf,
  target,
} from './wide-shape.ts';

interface Led {
  /** How many pods. */
  readonly to: number;
  readonly headless: boolean;
}

/** Services that lead to all pods, with their slices. */
function services(
  count: number,
  ports: number,
  { to, headless }: Led,
): readonly KubernetesObject[] {
  const slice = Object.fromEntries(
    Array.from({ length: to }, (_, index) => [`evil-${String(index)}`, addressOf(index)]),
  );
  return named(count, 'wide-').flatMap((name, index) => {
    const some = portsOf('tcp', ports, 20_000 + index * ports);
    const clusterIP = headless
      ? 'None'
      : `10.96.${String(67 + (index >> 8))}.${String(index & 255)}`;
    return [
      makeService({ ...evil, name, ports: some, clusterIP }),
      makeEndpointSlice({ namespace: attacker, name, service: name, pods: slice, ports: some }),
    ];
  });
}

/** As a user writes a slice by hand: of addresses outside the mesh. */
function outside(object: KubernetesObject): KubernetesObject {
  if (object.kind !== 'EndpointSlice') return object;
  const endpoints = Array.from({ length: 5000 }, (_, index) => ({
    addresses: [addressOf(10_000 + index).replace('10.', '203.')],
  }));
  return { ...object, endpoints } as KubernetesObject;
}

const everyWide = Object.fromEntries(named(500, 'wide-').map((name) => [name, 1]));

/** What one namespace makes of the proxies of another. */
export const wideOutbound: readonly WideShape[] = [
  {
    name: '24 pods behind 1,024 headless ports',
    uid: caller,
    objects: () => [
      ...pods(24),
      ...services(8, 128, { to: 24, headless: true }),
      makeTrafficTarget(target),
    ],
    code: 'service-ports-limited',
  },
  {
    name: '60 pods behind 1,024 headless ports, in permissive mode',
    uid: caller,
    objects: () => [...pods(60), ...services(8, 128, { to: 60, headless: true })],
    settings: { permissive: true },
    code: 'service-ports-limited',
  },
  {
    name: '300 accounts behind 1,024 ports',
    uid: caller,
    objects: () => [
      ...pods(300, true),
      ...services(8, 128, { to: 300, headless: false }),
      ...named(300, 'evil-').map((to) => makeTrafficTarget({ ...target, name: to, to })),
    ],
    code: 'service-ports-limited',
  },
  {
    name: '5,000 addresses behind 1,024 ports, in permissive mode',
    uid: caller,
    objects: () => [...pods(1), ...services(8, 128, { to: 5000, headless: false }).map(outside)],
    settings: { permissive: true },
    code: 'service-ports-limited',
  },
  {
    name: '500 splits of 500 backends',
    uid: caller,
    objects: () => [
      ...pods(1),
      ...named(500, 'wide-').map((name, index) =>
        makeService({
          ...evil,
          name,
          ports: portsOf('tcp', 1),
          clusterIP: addressOf(1000 + index),
        }),
      ),
      makeTrafficTarget(target),
      ...named(500, 'wide-').map((apex) =>
        makeTrafficSplit({ namespace: attacker, name: apex, apex, backends: everyWide }),
      ),
    ],
    code: 'split-too-wide',
  },
];
