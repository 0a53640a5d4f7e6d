import type { Endpoint, EndpointMap } from '../../policy/endpoints.ts';
import type { ProxyView } from '../../policy/view.ts';
import { EndpointResources } from './endpoint-resources.ts';
import { ExtensionMaps } from './extension-maps.ts';
import { type PodListenerSet, PodListeners } from './pod-listeners.ts';
import type { Resource, ResourceSet } from './resource.ts';
import { type OutboundPart, Translator } from './translate.ts';

type Named = ReadonlyMap<string, Resource>;

/** Assembles what a proxy should have. Keeps no view alive that is not kept elsewhere. */
export interface Assembler {
  /**
   * The whole set of one proxy. The same view, endpoints and secrets give the same object. When an endpoint list is
   * replaced, only the endpoint map differs, and all proxies that may call the same services share that map. Without
   * secrets the set has none, and listeners wait for them.
   */
  readonly assemble: (
    view: ProxyView,
    endpoints: EndpointMap,
    secrets: readonly Resource[] | undefined,
  ) => ResourceSet;
  /** The same with the secrets that were last given for the view, if any were. */
  readonly assembleAgain: (view: ProxyView, endpoints: EndpointMap) => ResourceSet;
}

/** What follows from an outbound part and its endpoints, shared by all proxies with that part. */
interface Group {
  readonly endpoints: EndpointMap;
  /** The lists that were read, in the order of the part's wants and then its pods. */
  readonly lists: readonly (readonly Endpoint[] | undefined)[];
  readonly resources: Named;
  readonly pods: PodListenerSet;
  /**
   * Routes and extensions that no listener names, such as those of headless ports without pods. They are not offered,
   * because no proxy would ask for them, and whatever waits for all of a type to be asked for would wait for ever.
   */
  readonly unnamed: ReadonlySet<string>;
}

interface Configuration {
  readonly podListeners: Named;
  readonly cluster: Named;
  readonly listener: Named;
  readonly extension: Named;
  readonly route: Named;
}

interface Assembled {
  readonly configuration: Configuration;
  readonly endpoint: Named;
  readonly secrets: readonly Resource[] | undefined;
  readonly set: ResourceSet;
}

/** An assembler with separate caches. */
export function createAssembler(): Assembler {
  const translator = new Translator();
  const groups = new Groups();
  const extensions = new ExtensionMaps();
  const configurations = new WeakMap<ProxyView, Configuration>();
  const assembled = new WeakMap<ProxyView, Assembled>();

  function configurationOf(view: ProxyView, outbound: OutboundPart, group: Group): Configuration {
    const before = configurations.get(view);
    if (before?.podListeners === group.pods.listeners) return before;
    const inbound = translator.inbound(view.inbound);
    const made: Configuration = {
      podListeners: group.pods.listeners,
      cluster: byName(inbound.clusters, outbound.clusters),
      listener: byName(inbound.listeners, outbound.listeners, group.pods.listeners.values()),
      extension: extensions.get(outbound, view.outbound.account, group),
      route: byName(
        inbound.routes,
        outbound.routes.filter(({ name }) => !group.unnamed.has(name)),
      ),
    };
    configurations.set(view, made);
    return made;
  }

  const assembler: Assembler = {
    assemble(view, endpoints, secrets) {
      const outbound = translator.outbound(view.outbound);
      const group = groups.get(outbound, endpoints);
      const configuration = configurationOf(view, outbound, group);
      const before = assembled.get(view);
      if (
        before?.configuration === configuration &&
        before.endpoint === group.resources &&
        before.secrets === secrets
      ) {
        return before.set;
      }
      const { cluster, listener, extension, route } = configuration;
      const endpoint = group.resources;
      const secret = byName(secrets ?? []);
      const named = { cluster, endpoint, secret, listener, extension, route };
      const set: ResourceSet = Object.freeze(named);
      assembled.set(view, { configuration, endpoint, secrets, set });
      return set;
    },
    assembleAgain: (view, endpoints) =>
      assembler.assemble(view, endpoints, assembled.get(view)?.secrets),
  };
  return assembler;
}

interface Making {
  readonly part: OutboundPart;
  readonly endpoints: EndpointMap;
  readonly lists: Group['lists'];
  readonly before: Group | undefined;
}

class Groups {
  readonly #endpointResources = new EndpointResources();
  readonly #podListeners = new PodListeners();
  readonly #groups = new WeakMap<OutboundPart, Group>();

  get(part: OutboundPart, endpoints: EndpointMap): Group {
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
      resources.set(want.key, this.#endpointResources.get(want, list ?? noEndpoints));
    }
    const pods = this.#podListeners.listeners(part.pods, endpoints, {
      taken: part.taken,
      before: before?.pods,
    });
    return {
      endpoints,
      lists,
      resources,
      pods,
      unnamed: before?.pods.named === pods.named ? before.unnamed : unnamedIn(part, pods),
    };
  }
}

function unnamedIn(part: OutboundPart, { named }: PodListenerSet): ReadonlySet<string> {
  const names = part.pods.flatMap(({ mesh, plain }) => [mesh?.name, plain?.name]);
  return new Set(names.filter((name) => name !== undefined).filter((name) => !named.has(name)));
}

/** Envoy needs an empty answer where there is no endpoint; without any answer its cluster would wait. */
const noEndpoints: readonly Endpoint[] = [];

function byName(...resources: readonly Iterable<Resource>[]): Named {
  const named = new Map<string, Resource>();
  for (const some of resources) for (const resource of some) named.set(resource.name, resource);
  return named;
}
