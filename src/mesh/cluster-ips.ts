// Input: the address book. Output: the addresses of Services that do not count, and why. Rule: the API server gave a
// Service its address, so no pod takes it, whatever the pod's status says; of two Services of different namespaces the
// older one has it.
import type { Service } from '../api/core.ts';
import { isOneHost } from '../common/ip-address.ts';
import type { Diagnostic } from '../policy/diagnostic.ts';
import { type ServiceKey, serviceKey } from '../policy/service.ts';
import type { AddressBook } from './address-book.ts';
import { ageOf } from '../cluster/by-age.ts';
import { refuse } from '../cluster/diagnose.ts';
import { share } from '../common/remember.ts';

export interface LostAddress {
  readonly address: string;
  /** The text after "clusterIP x" in the message. */
  readonly reason: string;
}

/** By service; a service that keeps all its addresses is not in the map. */
export type LostAddresses = ReadonlyMap<ServiceKey, readonly LostAddress[]>;

export interface ClusterIps {
  readonly book: AddressBook;
  readonly lost: LostAddresses;
}

/** `changed`: the addresses whose holders differ from those in `before`. */
export function resolveClusterIps(
  book: AddressBook,
  changed: ReadonlySet<string>,
  before?: ClusterIps,
): ClusterIps {
  if (before !== undefined && !concerns(changed, [before.book, book])) {
    return { book, lost: before.lost };
  }
  const lost = new Map<ServiceKey, LostAddress[]>();
  for (const [address, services] of book.services) {
    for (const [service, reason] of losersOf(address, services)) {
      const key = keyOf(service);
      lost.set(key, [...(lost.get(key) ?? []), { address, reason }]);
    }
  }
  return { book, lost: share(before?.lost, lost) };
}

function concerns(changed: ReadonlySet<string>, books: readonly AddressBook[]): boolean {
  for (const address of changed) {
    if (books.some(({ services }) => services.has(address))) return true;
  }
  return false;
}

function losersOf(
  address: string,
  services: readonly Service[],
): readonly (readonly [Service, string])[] {
  if (!isOneHost(address)) {
    return services.map((one) => [one, 'cannot be the address of a service']);
  }
  if (services.length < 2) return [];
  const [oldest] = [...services].sort((one, other) => (ageOf(one) < ageOf(other) ? -1 : 1));
  if (oldest === undefined) return [];
  return services
    .filter((one) => isElsewhere(one, oldest) && ageOf(one) > ageOf(oldest))
    .map((one) => [one, `belongs to service ${keyOf(oldest)}, which is older`]);
}

function isElsewhere({ metadata }: Service, other: Service): boolean {
  return metadata.namespace !== other.metadata.namespace;
}

export function keyOf({ metadata }: Service): ServiceKey {
  return serviceKey(metadata.namespace ?? '', metadata.name);
}

export function lostDiagnostics(
  service: Service,
  lost: readonly LostAddress[],
): readonly Diagnostic[] {
  return lost.map(({ address, reason }) =>
    refuse(
      service,
      'service-address-taken',
      `clusterIP ${address} ${reason}, so Weft routes no calls for it to this service: delete the service and create it again without a clusterIP, so that Kubernetes assigns a free address`,
    ),
  );
}
