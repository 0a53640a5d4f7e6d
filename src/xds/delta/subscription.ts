import { onceForBoth } from '../../common/once-for.ts';
import type { DeltaRequest } from './request-bytes.ts';

const everything = '*';

/** A set of names, or the names of a map. */
type Names = Pick<ReadonlyMap<string, unknown>, 'has' | 'size' | 'keys'>;

const noNames: Names = new Set<string>();

/** What a request changed: names for which the client now awaits an answer, and names it unsubscribed from. */
export interface SubscriptionChange {
  /** The client must get an answer for each, the resource or its absence, whatever it already holds. */
  readonly owed: readonly string[];
  readonly dropped: readonly string[];
  /** The request began a wildcard subscription. */
  readonly wildcardBegan: boolean;
  /** The request ended a wildcard subscription: from now on only named resources matter. */
  readonly wildcardEnded: boolean;
}

/**
 * Which resources of one type a client asked for. The rules are those of
 * https://www.envoyproxy.io/docs/envoy/latest/api-docs/xds_protocol#how-the-client-specifies-what-resources-to-return
 */
export class Subscription {
  readonly #legacyWildcard: boolean;
  #names: Names = noNames;
  /** The same set as `#names`, while it belongs to this client alone and may be changed. */
  #own: Set<string> | undefined;
  /** Names known not to be offered, and the bytes that they cost. */
  #foreign: Set<string> | undefined;
  #burden = 0;
  #started = false;
  #wildcard = false;

  /** `legacyWildcard`: the type is one for which an empty first request asks for everything. */
  constructor(legacyWildcard: boolean) {
    this.#legacyWildcard = legacyWildcard;
  }

  /** Whether the client has asked for this type at all. */
  get started(): boolean {
    return this.#started;
  }

  get wildcard(): boolean {
    return this.#wildcard;
  }

  covers(name: string): boolean {
    return this.#wildcard || this.#names.has(name);
  }

  /** How many names the client asked for one by one. */
  get size(): number {
    return this.#names.size;
  }

  /** Bytes kept for names that the client asked for and that are not offered. */
  get burden(): number {
    return this.#burden;
  }

  /** Whether the client asks for all of `names`, compared by identity. */
  isFor(names: Names): boolean {
    return this.#wildcard || this.#names === names;
  }

  /**
   * Takes in the first request if it asks for just what is offered, as a thousand starting proxies do, and keeps no
   * names for it. Returns false, and takes nothing in, for any other request.
   */
  begin({ subscribe, unsubscribe }: DeltaRequest, offered: Names): boolean {
    if (this.#started || unsubscribe.length > 0) return false;
    const legacy = subscribe.length === 0 && this.#legacyWildcard;
    const wildcard = legacy || (subscribe.length === 1 && subscribe[0] === everything);
    if (!wildcard && !areSame(subscribe, offered)) return false;
    this.#started = true;
    this.#wildcard = wildcard;
    if (!wildcard) this.#names = offered;
    return true;
  }

  /** Keeps `offered` instead of a separate set, if the two are the same. Each offered name must be covered. */
  settle(offered: Names): void {
    if (this.#wildcard || this.#names.size !== offered.size) return;
    this.#names = offered;
    this.#own = undefined;
    this.#foreign = undefined;
    this.#burden = 0;
  }

  /** Takes in a request. For an offered name, `offered` returns the shared string that equals it. */
  update(request: DeltaRequest, offered: (name: string) => string | undefined): SubscriptionChange {
    const wasWildcard = this.#wildcard;
    // "In the first request on a stream, an empty list of names is a wildcard subscription"; naming
    // a resource later does not end it, unsubscribing from "*" does.
    if (!this.#started && request.subscribe.length === 0) this.#wildcard = this.#legacyWildcard;
    this.#started = true;
    const owed = this.#subscribe(request.subscribe, offered);
    const dropped = this.#unsubscribe(request.unsubscribe, owed);
    return {
      owed: [...owed],
      dropped,
      wildcardBegan: !wasWildcard && this.#wildcard,
      wildcardEnded: wasWildcard && !this.#wildcard,
    };
  }

  /**
   * "The server must send the resource even if the client already has it": a client that names it
   * again has forgotten it.
   */
  #subscribe(
    requested: readonly string[],
    offered: (name: string) => string | undefined,
  ): Set<string> {
    const owed = new Set<string>();
    for (const name of requested) {
      if (name === everything) {
        this.#wildcard = true;
        continue;
      }
      const shared = offered(name);
      const kept = shared ?? name;
      if (!this.#names.has(kept)) {
        this.#writable().add(kept);
        if (shared === undefined) this.#keepForeign(kept);
      }
      owed.add(kept);
    }
    return owed;
  }

  /**
   * "If a wildcard subscription remains, the server must say whether the unsubscribed resource still
   * exists": such a name is owed an answer instead of being dropped.
   */
  #unsubscribe(requested: readonly string[], owed: Set<string>): readonly string[] {
    const named = requested.filter((name) => name !== everything);
    if (named.length < requested.length) this.#wildcard = false;
    const dropped: string[] = [];
    for (const name of named) {
      const wasNamed = this.#names.has(name) && this.#writable().delete(name);
      if (this.#foreign?.delete(name) === true) this.#burden -= costOf(name);
      owed.delete(name);
      if (!this.#wildcard) dropped.push(name);
      else if (wasNamed) owed.add(name);
    }
    return dropped;
  }

  #keepForeign(name: string): void {
    this.#foreign ??= new Set();
    this.#foreign.add(name);
    this.#burden += costOf(name);
  }

  #writable(): Set<string> {
    this.#own ??= new Set(this.#names.keys());
    this.#names = this.#own;
    return this.#own;
  }
}

/** Bytes that a name of this client alone costs: the name, its places in tables, and the answer that it is absent. */
export function costOf(name: string): number {
  return 2 * name.length + 128;
}

/** Whether the list has each of the names and no other. */
function areSame(list: readonly string[], names: Names): boolean {
  return list.length === names.size && hasEach(list, names);
}

/** Compared once, because many proxies ask with the very same list. */
const hasEach = onceForBoth(
  (list: readonly string[], names: Names): boolean =>
    list.every((name) => names.has(name)) && new Set(list).size === list.length,
);
