// Input: the pods and Services that claim an address. Output: the pods that do not have it. Rule: every user with the
// right to write a pod's status can put any address into it. So the address of a Service is never a pod's, and an
// address that pods of several namespaces claim belongs to none of them. A change costs the addresses that it touches
// (docs/decisions/0113).
import type { Pod, Service } from '../api/core.ts';
import { isTerminating, onHostNetwork } from './pod-state.ts';
import { sameItems } from '../common/remember.ts';

export interface Dispute {
  /** The text after "address x" in the message. */
  readonly reason: string;
  /** Pods whose status names the address, and that do not have it. */
  readonly losers: ReadonlySet<Pod>;
  /** Whether the owners of the losers get a diagnostic; a dispute that ends without their action is not reported. */
  readonly reported: boolean;
}

/** All disputes; an undisputed address is in neither map. */
export interface Disputes {
  readonly byAddress: ReadonlyMap<string, Dispute>;
  /** The disputes in which pods of a namespace lose, by address: the very same map while none of them differs. */
  readonly byNamespace: ReadonlyMap<string, ReadonlyMap<string, Dispute>>;
}

export const noDisputes: Disputes = { byAddress: new Map(), byNamespace: new Map() };

interface Claims {
  readonly pods: ReadonlyMap<string, readonly Pod[]>;
  readonly services: ReadonlyMap<string, readonly Service[]>;
}

/** The disputes after the holders of the addresses in `changed` changed; `before` itself if none differs. */
export function resolveClaims(
  { pods, services }: Claims,
  changed: ReadonlySet<string>,
  before: Disputes,
): Disputes {
  const verdicts = [...changed]
    .map((address) => ({
      address,
      known: before.byAddress.get(address),
      now: disputeOver(pods.get(address) ?? [], services.get(address) ?? []),
    }))
    .filter(({ known, now }) => !isSame(known, now));
  if (verdicts.length === 0) return before;
  const byAddress = new Map(before.byAddress);
  const drafts = new Map<string, Map<string, Dispute>>();
  for (const { address, known, now } of verdicts) {
    put(byAddress, address, now);
    for (const namespace of new Set([...losersOf(known), ...losersOf(now)].map(namespaceOf))) {
      const draft = drafts.get(namespace) ?? new Map(before.byNamespace.get(namespace));
      const loses = losersOf(now).some((pod) => namespaceOf(pod) === namespace);
      put(draft, address, loses ? now : undefined);
      drafts.set(namespace, draft);
    }
  }
  const byNamespace = new Map(before.byNamespace);
  for (const [namespace, draft] of drafts) {
    put(byNamespace, namespace, draft.size === 0 ? undefined : draft);
  }
  return { byAddress, byNamespace };
}

function put<V>(map: Map<string, V>, key: string, value: V | undefined): void {
  if (value === undefined) map.delete(key);
  else map.set(key, value);
}

function losersOf(dispute: Dispute | undefined): readonly Pod[] {
  return [...(dispute?.losers ?? [])];
}

/** Whether an address that the pod's status names is the pod's. */
export function isOwn(address: string, pod: Pod, { byAddress }: Disputes): boolean {
  return byAddress.get(address)?.losers.has(pod) !== true;
}

function isSame(one: Dispute | undefined, other: Dispute | undefined): boolean {
  if (one === undefined || other === undefined) return one === other;
  return one.reason === other.reason && sameItems([...one.losers], [...other.losers]);
}

function disputeOver(pods: readonly Pod[], [service]: readonly Service[]): Dispute | undefined {
  if (pods.length === 0) return undefined;
  if (service !== undefined) {
    const reason = `is the clusterIP of service ${nameOf(service)}`;
    return { reason, losers: new Set(pods), reported: true };
  }
  return pods.length === 1 ? undefined : disputeAmong(pods);
}

function disputeAmong(pods: readonly Pod[]): Dispute | undefined {
  const staying = pods.filter((pod) => !isTerminating(pod));
  const last = staying.length === 0;
  const contenders = last ? pods : staying;
  const onNode = contenders.find(onHostNetwork);
  if (onNode !== undefined) {
    // Pods on their nodes' network share its address by right, of whatever namespace they are.
    const losers = pods.filter((pod) => !onHostNetwork(pod));
    const reason = `is the address of the node of pod ${nameOf(onNode)}`;
    return losers.length === 0 ? undefined : { reason, losers: new Set(losers), reported: !last };
  }
  const namespaces = new Set(contenders.map(namespaceOf));
  if (namespaces.size > 1) {
    const names = contenders.map(nameOf);
    const shown = names.slice(0, 3).join(', ') + (names.length > 3 ? ' and others' : '');
    return {
      reason: `is in the status of pods of several namespaces (${shown})`,
      losers: new Set(pods),
      reported: !last,
    };
  }
  const losers = pods.filter((pod) => !namespaces.has(namespaceOf(pod)));
  if (losers.length === 0) return undefined;
  const reason = `now belongs to pod ${contenders.map(nameOf)[0] ?? ''}`;
  return { reason, losers: new Set(losers), reported: false };
}

function namespaceOf({ metadata }: Pod): string {
  return metadata.namespace ?? '';
}

function nameOf({ metadata }: Pod | Service): string {
  return `${metadata.namespace ?? ''}/${metadata.name}`;
}
