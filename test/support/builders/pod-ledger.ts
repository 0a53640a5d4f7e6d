import type { ConfigMap, KubernetesObject } from '../../../src/api/core.ts';
import { sidecarInjection } from '../../../src/api/labels.ts';
import type { Clock } from '../../../src/common/clock.ts';
import { PodLedger } from '../../../src/pods/ledger.ts';
import type { Seen } from '../../../src/pods/look.ts';
import { FakeStore } from '../fakes/fake-store.ts';
import { membership } from './make-mesh.ts';
import { makeNamespace } from './make-object.ts';

const enabled = { [sidecarInjection]: 'enabled' };
const joined = {
  ...makeNamespace(),
  metadata: { ...makeNamespace().metadata, annotations: enabled },
};

/** The statuses of a pod whose sidecar has run since the first of January 2026. */
export const runs = [
  { name: 'envoy', started: true, state: { running: { startedAt: '2026-01-01T00:00:00Z' } } },
];

export interface PodsAndLedger {
  readonly ledger: PodLedger;
  readonly pods: FakeStore<KubernetesObject>;
}

/** A ledger that follows the pods, of a mesh that the namespace `shop` is in. */
export function ledgerAt(clock: Clock): PodsAndLedger {
  const pods = new FakeStore<KubernetesObject>();
  const namespaces = new FakeStore<KubernetesObject>([joined]);
  const bootstraps = new FakeStore<ConfigMap>();
  const ledger = new PodLedger({
    pods,
    namespaces,
    bootstraps,
    clock,
    membership: () => membership,
  });
  ledger.follow(() => undefined);
  return { ledger, pods };
}

/** That these pods of the namespace `shop` have a stream, and nothing is wrong with it. */
export function seen(...names: readonly string[]): Seen {
  const streams = new Map(
    names.map((name) => [`uid-shop-${name}`, { pod: `shop/${name}`, opened: 1 }]),
  );
  const evidence = {
    streams,
    behind: new Set<string>(),
    refusing: new Set<string>(),
    late: new Set<string>(),
    complete: true,
    objects: new Map(),
  };
  return { evidence, alerts: new Map() };
}
