import type { Resource, ResourceSet, ResourceType } from '../resources/resource.ts';
import { diff } from './diff.ts';
import type { DeltaRequest } from './request-bytes.ts';
import type { EncodedResponse, ResponseBytes } from './response-bytes.ts';
import { pushOrder, referrers, removalOrder, typeOf } from './type-order.ts';
import type { Refusal, Suspects } from './refused.ts';
import { TypeState } from './type-state.ts';
import type { Batch } from './type-state.ts';

/** A response to be written to the client, in the order given. */
export interface DeltaResponse extends EncodedResponse {
  readonly type: ResourceType;
}

/** What a request led to. */
export interface Step {
  readonly responses: readonly DeltaResponse[];
  /** How the request answered an earlier response; undefined when it answered none. */
  readonly answer: 'acknowledged' | 'refused' | undefined;
  /** Resources now known to be refused. A response refused as a whole first goes out again in parts. */
  readonly refusals: readonly Refusal[];
}

const nothing: Step = { responses: [], answer: undefined, refusals: [] };
const noResources: ReadonlyMap<string, Resource> = new Map();

/**
 * The conversation with one proxy, as state: requests and offers in, responses out; no clock, no
 * network. https://www.envoyproxy.io/docs/envoy/latest/api-docs/xds_protocol#incremental-xds
 *
 * Order: what is named goes before what names it. Listeners and routes wait until new clusters are
 * acknowledged (Envoy acknowledges them once they are warm); endpoints and secrets never wait for
 * that. Removals wait until nothing that may name the removed is on its way or kept as last good.
 */
export class Session {
  readonly #bytes: ResponseBytes;
  readonly #states: Readonly<Record<ResourceType, TypeState>>;
  #offered: ResourceSet | undefined;
  #hasteRequested = false;

  constructor(bytes: ResponseBytes, suspects: Suspects) {
    this.#bytes = bytes;
    this.#states = {
      cluster: new TypeState('cluster', suspects),
      endpoint: new TypeState('endpoint', suspects),
      secret: new TypeState('secret', suspects),
      listener: new TypeState('listener', suspects),
      route: new TypeState('route', suspects),
    };
  }

  get offered(): ResourceSet | undefined {
    return this.#offered;
  }

  /** The client acknowledged everything that is offered. */
  get synced(): boolean {
    const { cluster, listener } = this.#states;
    if (this.#offered === undefined) return false;
    if (!cluster.subscription.started || !listener.subscription.started) return false;
    return pushOrder.every((type) => this.#states[type].idle && !this.#refuses(type));
  }

  /** Listeners or routes are held back until new clusters are acknowledged. */
  get holdsBack(): boolean {
    return this.#mustWait() && (!this.#states.listener.idle || !this.#states.route.idle);
  }

  /** How many names the client asked for one by one, in all types. */
  get names(): number {
    return pushOrder.reduce((sum, type) => sum + this.#states[type].subscription.size, 0);
  }

  /** Takes in a request: an answer, a subscription, or both. */
  receive(request: DeltaRequest): Step {
    const type = typeOf(request.typeUrl);
    if (type === undefined) return nothing;
    const state = this.#states[type];
    const refusals =
      request.nonce === '' ? undefined : state.answered(request.nonce, request.error);
    state.subscribe(request, this.#offered?.[type]);
    return {
      responses: this.#flush(),
      answer: answerOf(refusals, request),
      refusals: refusals ?? [],
    };
  }

  /** Replaces what the client should have. A later offer overtakes one that is still on its way. */
  offer(next: ResourceSet): readonly DeltaResponse[] {
    const previous = this.#offered;
    this.#offered = next;
    for (const type of pushOrder) {
      const state = this.#states[type];
      // Names that were asked for while nothing was offered are due already.
      if (state.subscription.started)
        state.markDue(diff(previous?.[type] ?? noResources, next[type]));
    }
    return this.#flush();
  }

  /** Stops waiting for new clusters: the client takes too long to warm them. */
  hasten(): readonly DeltaResponse[] {
    this.#hasteRequested = true;
    return this.#flush();
  }

  /** Offered resources that the client has not acknowledged, refused ones among them. */
  *outstanding(): Generator<Resource> {
    for (const part of this.outstandingParts()) yield* part.values();
  }

  /** The same, where all of a type is outstanding as the very map that is offered. */
  *outstandingParts(): Generator<ReadonlyMap<string, Resource> | readonly Resource[]> {
    const offered = this.#offered;
    if (offered === undefined) return;
    for (const type of pushOrder) {
      if (this.#lacksAll(type, offered[type])) {
        yield offered[type];
        continue;
      }
      yield [...this.#states[type].outstanding(offered[type])];
      if (this.#mayStillBeAskedFor(type)) yield this.#notAskedFor(type, offered[type]);
    }
  }

  /** What the client refused of what is offered now. */
  *refusals(): Generator<Refusal> {
    for (const type of pushOrder)
      for (const refusal of this.#states[type].refusals.values()) {
        const { name, version } = refusal.resource;
        if (this.#offered?.[type].get(name)?.version === version) yield refusal;
      }
  }

  #refuses(type: ResourceType): boolean {
    return this.#states[type].refusals.size > 0;
  }

  #settled(type: ResourceType): boolean {
    const state = this.#states[type];
    return state.subscription.started && state.idle && !this.#refuses(type);
  }

  #lacksAll(type: ResourceType, offered: ReadonlyMap<string, Resource>): boolean {
    const state = this.#states[type];
    if (state.subscription.started) return state.lacksAll(offered);
    return referrers[type].length === 0 || this.#mayStillBeAskedFor(type);
  }

  /** While a listener is on its way, the routes it names are not asked for yet, but will be. */
  #mayStillBeAskedFor(type: ResourceType): boolean {
    return referrers[type].some((referrer) => !this.#settled(referrer));
  }

  #notAskedFor(type: ResourceType, offered: ReadonlyMap<string, Resource>): readonly Resource[] {
    const { subscription } = this.#states[type];
    return [...offered.values()].filter(({ name }) => !subscription.covers(name));
  }

  #flush(): readonly DeltaResponse[] {
    const offered = this.#offered;
    if (offered === undefined) return [];
    const responses: DeltaResponse[] = [];
    for (const type of pushOrder) {
      const response = this.#next(type, offered);
      if (response !== undefined) responses.push(response);
    }
    for (const type of pushOrder) this.#states[type].settle(offered[type]);
    // Haste ends with the clusters it was asked for.
    if (this.#hasteRequested && !this.#addsClusters()) this.#hasteRequested = false;
    return responses;
  }

  #next(type: ResourceType, offered: ResourceSet): DeltaResponse | undefined {
    const state = this.#states[type];
    if (!state.subscription.started || !state.mayHaveMore) return undefined;
    if ((type === 'listener' || type === 'route') && this.#mustWait()) return undefined;
    const batch = state.plan(offered[type], {
      mayRemove: this.#mayRemove(type, offered),
      // No secret at all means that none could be issued yet.
      absentArePending: type === 'secret' && offered.secret.size === 0,
    });
    if (batch === undefined) return undefined;
    if (type === 'cluster' && batch.whole === undefined) this.#repeatEndpoints(batch);
    const encoded = this.#bytes.of({ type, ...batch });
    state.sent(encoded.nonce, batch);
    return { type, ...encoded };
  }

  /**
   * An update makes Envoy build the cluster anew, but it does not ask for the endpoints again: it
   * would wait 15 s for them. They have the cluster's name.
   */
  #repeatEndpoints(batch: Batch): void {
    for (const { name } of batch.changed)
      if (this.#states.cluster.holds(name)) this.#states.endpoint.owe(name);
  }

  #mustWait(): boolean {
    return !this.#hasteRequested && this.#addsClusters();
  }

  #addsClusters(): boolean {
    const { cluster } = this.#states;
    if (this.#offered === undefined || !cluster.subscription.started) return false;
    return cluster.adds(this.#offered.cluster);
  }

  #mayRemove(type: ResourceType, offered: ResourceSet): boolean {
    for (const earlier of removalOrder) {
      if (earlier === type) return true;
      const state = this.#states[earlier];
      if (!state.idle || state.keepsLastGood) return false;
      // On a new stream the requests come one by one: what was not asked for yet may still change.
      if (state.subscription.started) continue;
      if (earlier === 'listener' || offered[earlier].size > 0) return false;
    }
    return true;
  }
}

function answerOf(refusals: readonly Refusal[] | undefined, request: DeltaRequest): Step['answer'] {
  if (refusals === undefined) return undefined;
  return request.error === undefined ? 'acknowledged' : 'refused';
}
