// Input: one address of an EndpointSlice. Output: the holder of the address. Rule: every user with the right to write
// an EndpointSlice can put any address into it, so the holder is looked up in the address book, never believed
// (docs/decisions/0075).
import type { EndpointSlice, Pod } from '../api/core.ts';
import type { NamespaceSnapshot } from '../cluster/snapshot.ts';
import { isOneHost } from '../common/ip-address.ts';
import { type AddressBook, podAddresses } from './address-book.ts';
import { type Disputes, isOwn } from './address-claims.ts';
import { onHostNetwork } from './pod-state.ts';
import { ownPods } from './written-ports.ts';

export type SliceEndpoint = NonNullable<EndpointSlice['endpoints']>[number];

/** A pod of the service's namespace; an address outside the mesh; or why the address does not count. */
export type EndpointClass =
  | { readonly is: 'pod'; readonly pod: Pod }
  | { readonly is: 'outside' }
  | { readonly is: 'unknown' }
  | { readonly is: 'foreign'; readonly reason: string };

export interface ClassifyInput {
  readonly input: NamespaceSnapshot;
  readonly book: AddressBook;
  /** Whether a pod has a sidecar of this mesh. */
  readonly hasSidecar: (pod: Pod) => boolean;
}

export function classifyEndpoint(
  address: string,
  { targetRef }: Pick<SliceEndpoint, 'targetRef'>,
  given: ClassifyInput,
): EndpointClass {
  if (!isOneHost(address)) return foreign('cannot be the address of a pod');
  if (targetRef?.kind !== 'Pod') return byAddress(address, given);
  const pod = meantPod(targetRef, given);
  const podIps = pod === undefined ? [] : podAddresses(pod);
  if (pod === undefined || podIps.length === 0) return { is: 'unknown' };
  if (!podIps.includes(address)) return foreign(`is not an address of pod ${pod.metadata.name}`);
  const { disputes } = given.book;
  if (!isOwn(address, pod, disputes)) return disputed(address, disputes);
  return onHostNetwork(pod) ? byAddress(address, given) : { is: 'pod', pod };
}

/** The very pod that the reference means, not a successor of the same name; undefined while that pod is not known. */
function meantPod(
  { name = '', uid }: NonNullable<SliceEndpoint['targetRef']>,
  { input }: ClassifyInput,
): Pod | undefined {
  const pod = input.Pod.get(name);
  return uid === undefined || pod?.metadata.uid === uid ? pod : undefined;
}

function byAddress(address: string, { input, book, hasSidecar }: ClassifyInput): EndpointClass {
  const own = ownPods(address, input, book);
  const pod = own.find(hasSidecar) ?? own[0];
  if (pod !== undefined) return { is: 'pod', pod };
  const holders = book.pods.get(address) ?? [];
  if (isNobodys(address, holders, book)) return disputed(address, book.disputes);
  const other = holders.find(
    (one) => !onHostNetwork(one) && hasSidecar(one) && isOwn(address, one, book.disputes),
  );
  if (other === undefined) return { is: 'outside' };
  const { namespace = '', name } = other.metadata;
  return foreign(`belongs to pod ${name} of namespace ${namespace}`);
}

/**
 * Whether pods dispute the address and none of them has it. The address of a Service belongs to the Service, and is
 * outside the mesh for other services.
 */
function isNobodys(
  address: string,
  holders: readonly Pod[],
  { services, disputes }: AddressBook,
): boolean {
  if (services.has(address) || !disputes.byAddress.has(address)) return false;
  return holders.every((pod) => !isOwn(address, pod, disputes));
}

function disputed(address: string, disputes: Disputes): EndpointClass {
  return foreign(disputes.byAddress.get(address)?.reason ?? '');
}

function foreign(reason: string): EndpointClass {
  return { is: 'foreign', reason };
}
