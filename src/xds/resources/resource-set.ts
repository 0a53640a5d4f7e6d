import type { Endpoint, EndpointMap } from '../../policy/endpoints.ts';
import type { ProxyView } from '../../policy/view.ts';
import { EndpointEncoder } from './endpoints.ts';
import { PodListeners } from './pod-listeners.ts';
import type { Resource, ResourceSet } from './resource.ts';
import { type OutboundPart, Translator } from './translate.ts';

type Named = ReadonlyMap<string, Resource>;

/** Puts together what a proxy is to have. Keeps no view alive that nobody else keeps. */
export interface Assembler {
  /**
   * The whole set of one proxy. The same view, endpoints and secrets give the same object; with an
   * endpoint list replaced, only the endpoint map differs, and it is one object for all proxies that
   * may call the same services. Without secrets none are offered, and listeners wait for them.
   */
  readonly assemble: (
    view: ProxyView,
    endpoints: EndpointMap,
    secrets: readonly Resource[] | undefined,
  ) => ResourceSet;
}

/** What follows from an outbound part and its endpoints, shared by all proxies with that part. */
interface Group {
  readonly endpoints: EndpointMap;
  /** The lists that were read, in the order of the part's wants and then its pods. */
  readonly lists: readonly (readonly Endpoint[] | undefined)[];
  readonly resources: Named;
  readonly podListeners: Named;
}

interface Configuration {
  readonly podListeners: Named;
  readonly cluster: Named;
  readonly listener: Named;
  readonly route: Named;
}

interface Assembled {
  readonly configuration: Configuration;
  readonly endpoint: Named;
  readonly secrets: readonly Resource[] | undefined;
  readonly set: ResourceSet;
}

/** An assembler with caches of its own. */
export function createAssembler(): Assembler {
  const translator = new Translator();
  const groups = new Groups();
  const configurations = new WeakMap<ProxyView, Configuration>();
  const assembled = new WeakMap<ProxyView, Assembled>();

  function configurationOf(view: ProxyView, outbound: OutboundPart, group: Group): Configuration {
    const before = configurations.get(view);
    if (before?.podListeners === group.podListeners) return before;
    const inbound = translator.inbound(view.inbound);
    const made: Configuration = {
      podListeners: group.podListeners,
      cluster: byName(inbound.clusters, outbound.clusters),
      listener: byName(inbound.listeners, outbound.listeners, group.podListeners.values()),
      route: byName(inbound.routes, outbound.routes),
    };
    configurations.set(view, made);
    return made;
  }

  return {
    assemble(view, endpoints, secrets) {
      const outbound = translator.outbound(view.outbound);
      const group = groups.of(outbound, endpoints);
      const configuration = configurationOf(view, outbound, group);
      const before = assembled.get(view);
      if (
        before?.configuration === configuration &&
        before.endpoint === group.resources &&
        before.secrets === secrets
      ) {
        return before.set;
      }
      const { cluster, listener, route } = configuration;
      const endpoint = group.resources;
      const secret = byName(secrets ?? []);
      const set: ResourceSet = Object.freeze({ cluster, endpoint, secret, listener, route });
      assembled.set(view, { configuration, endpoint, secrets, set });
      return set;
    },
  };
}

interface Making {
  readonly part: OutboundPart;
  readonly endpoints: EndpointMap;
  readonly lists: Group['lists'];
  readonly before: Group | undefined;
}

class Groups {
  readonly #encoder = new EndpointEncoder();
  readonly #podListeners = new PodListeners();
  readonly #groups = new WeakMap<OutboundPart, Group>();

  of(part: OutboundPart, endpoints: EndpointMap): Group {
    const before = this.#groups.get(part);
    if (before?.endpoints === endpoints) return before;
    const lists = [...part.wants, ...part.pods].map(({ key }) => endpoints.get(key));
    const same = before?.lists.every((list, index) => list === lists[index]) ?? false;
    const group =
      before !== undefined && same
        ? { ...before, endpoints }
        : this.#make({ part, endpoints, lists, before });
    this.#groups.set(part, group);
    return group;
  }

  #make({ part, endpoints, lists, before }: Making): Group {
    const resources = new Map(before?.resources);
    for (const [index, want] of part.wants.entries()) {
      const list = lists[index];
      if (before !== undefined && before.lists[index] === list) continue;
      resources.set(want.key, this.#encoder.resource(want, list ?? noEndpoints));
    }
    return {
      endpoints,
      lists,
      resources,
      podListeners: this.#listeners(part, endpoints, before),
    };
  }

  /** The same map as before unless a headless service's own list is new: listeners hang on it. */
  #listeners(part: OutboundPart, endpoints: EndpointMap, before: Group | undefined): Named {
    if (part.pods.length === 0) return noListeners;
    const same = part.pods.every(({ key }) => before?.endpoints.get(key) === endpoints.get(key));
    if (before !== undefined && same) return before.podListeners;
    return this.#podListeners.listeners(part.pods, endpoints, part.taken);
  }
}

/** Envoy must be told that there is none: silence would leave the cluster waiting. */
const noEndpoints: readonly Endpoint[] = [];
const noListeners: Named = new Map();

function byName(...resources: readonly Iterable<Resource>[]): Named {
  const named = new Map<string, Resource>();
  for (const some of resources) for (const resource of some) named.set(resource.name, resource);
  return named;
}
