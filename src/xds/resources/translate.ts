import type { MeshSettings } from '../../policy/mesh-settings.ts';
import type { ServiceKey } from '../../policy/service.ts';
import type { InboundView, OutboundView, ReachableService } from '../../policy/view.ts';
import type { ServiceLookup } from './destination.ts';
import { translateInbound } from './inbound.ts';
import { outboundCommon } from './outbound-common.ts';
import { translateService } from './outbound.ts';
import { type Part, type ServicePart, encodedPart, encodedService } from './encoded-part.ts';
import type { Resource } from './resource.ts';
import type { BoundListener, EndpointWant, PodPort } from './service-part.ts';

/** All that a caller needs except endpoints, and the endpoints that it needs. */
export interface OutboundPart extends Part {
  readonly extensions: readonly Resource[];
  readonly wants: readonly EndpointWant[];
  readonly pods: readonly PodPort[];
  /** Addresses that listeners of this part take. */
  readonly taken: ReadonlySet<string>;
}

interface RememberedOutbound extends Pick<OutboundView, 'neverPlaintext' | 'settings'> {
  readonly part: OutboundPart;
}

interface Remembered {
  readonly settings: MeshSettings;
  readonly backends: readonly (ReachableService | undefined)[];
  readonly part: ServicePart;
}

/** A split's backends may be open to one caller and closed to another, so a few variants of a service are kept. */
const maxVariants = 8;

/**
 * Views in, resources out. Every part is built and encoded once and remembered by the identity of its part of the view:
 * callers that may know the same service share the very same resources. Messages are not kept.
 */
export class Translator {
  readonly #inbound = new WeakMap<InboundView, Part>();
  readonly #outbound = new WeakMap<OutboundView, OutboundPart>();
  readonly #byServices = new WeakMap<OutboundView['services'], RememberedOutbound>();
  readonly #services = new WeakMap<ReachableService, Remembered[]>();

  inbound(view: InboundView): Part {
    const before = this.#inbound.get(view);
    if (before !== undefined) return before;
    const part = encodedPart(translateInbound(view));
    this.#inbound.set(view, part);
    return part;
  }

  /** One part for all identities that may call the same services: the identity makes no difference to it. */
  outbound(view: OutboundView): OutboundPart {
    const before = this.#outbound.get(view);
    if (before !== undefined) return before;
    const { services, neverPlaintext, settings } = view;
    const alike = this.#byServices.get(services);
    const part =
      alike?.settings === settings && alike.neverPlaintext === neverPlaintext
        ? alike.part
        : this.#translateOutbound(view);
    this.#outbound.set(view, part);
    this.#byServices.set(services, { settings, neverPlaintext, part });
    return part;
  }

  #translateOutbound(view: OutboundView): OutboundPart {
    const index = new Map<ServiceKey, ReachableService>(
      view.services.map((reachable) => [reachable.service.key, reachable]),
    );
    const parts = view.services.map((reachable) =>
      this.#service(reachable, (key) => index.get(key), view.settings),
    );
    const { kept, taken } = distinctAddresses(parts.flatMap((part) => part.listeners));
    const pods = parts.flatMap((part) => part.pods);
    // A listener has the name of what it names. The listener of a service whose address is taken is left out.
    const names = new Set([...kept.map(({ resource }) => resource.name), ...pods.flatMap(namesOf)]);
    const isNamed = ({ name }: Resource): boolean => names.has(name);
    const listens = view.settings.egress || kept.length > 0 || pods.length > 0;
    const common = listens ? encodedPart(outboundCommon(view)) : undefined;
    return {
      listeners: [...(common?.listeners ?? []), ...kept.map(({ resource }) => resource)],
      routes: parts.flatMap((part) => part.routes).filter(isNamed),
      extensions: parts.flatMap((part) => part.extensions).filter(isNamed),
      clusters: [...(common?.clusters ?? []), ...parts.flatMap((part) => part.clusters)],
      wants: parts.flatMap((part) => part.wants),
      pods,
      taken,
    };
  }

  #service(
    reachable: ReachableService,
    lookup: ServiceLookup,
    settings: MeshSettings,
  ): ServicePart {
    const backends = reachable.split?.backends.map(({ service }) => lookup(service)) ?? [];
    const variants = this.#services.get(reachable) ?? [];
    const before = variants.find(
      (variant) => variant.settings === settings && sameList(variant.backends, backends),
    );
    if (before !== undefined) return before.part;
    const part = encodedService(translateService(reachable, lookup, settings));
    const kept = variants.slice(-(maxVariants - 1));
    this.#services.set(reachable, [...kept, { settings, backends, part }]);
    return part;
  }
}

function namesOf({ mesh, plain }: PodPort): readonly string[] {
  return [mesh?.name, plain?.name].filter((name) => name !== undefined);
}

function sameList<T>(a: readonly T[], b: readonly T[]): boolean {
  return a.length === b.length && a.every((value, index) => value === b[index]);
}

/** Envoy would refuse a second listener on an address, so the first service keeps it. */
function distinctAddresses(listeners: readonly BoundListener<Resource>[]): {
  kept: readonly BoundListener<Resource>[];
  taken: ReadonlySet<string>;
} {
  const taken = new Set<string>();
  const kept = listeners.filter(({ addresses }) => {
    if (addresses.length === 0 || addresses.some((address) => taken.has(address))) return false;
    for (const address of addresses) taken.add(address);
    return true;
  });
  return { kept, taken };
}
