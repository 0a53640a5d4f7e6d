import type { Resource, ResourceSet, ResourceType } from '../resources/resource.ts';
import type { Batch } from './batch.ts';
import { changesBetween } from './diff.ts';
import { Narrowing } from './narrowing.ts';
import { RecentTables } from './recent-tables.ts';
import { type DeltaRequest, isMereAcknowledgement } from './request-bytes.ts';
import type { ResponseBytes } from './response-bytes.ts';
import { answerOf, type DeltaResponse, nothingToSay, type Step } from './step.ts';
import { pushOrder, referrers, removalOrder, typeOf } from './type-order.ts';
import type { Refusal, QuarantineReports } from './refused.ts';
import { costOf } from './subscription.ts';
import { TypeState } from './type-state.ts';

/** Types whose resources name clusters. The clusters must be there when a connection comes. */
const waitForClusters: readonly ResourceType[] = ['listener', 'extension', 'route'];

/** From this number of names on, a request is examined before it is taken in. */
const long = 1_000;

/**
 * The state of the protocol with one proxy: requests and offers in, responses out; no clock, no
 * network. https://www.envoyproxy.io/docs/envoy/latest/api-docs/xds_protocol#incremental-xds
 *
 * Order: a resource is sent before the resources that reference it. Listeners, extensions and routes wait until new
 * clusters are acknowledged (Envoy acknowledges them once they are warm); endpoints and secrets never wait for
 * that. Removals wait until no resource in flight or kept as last good may reference the removed (docs/decisions/0020).
 */
export class Session {
  readonly #bytes: ResponseBytes;
  readonly #states: Readonly<Record<ResourceType, TypeState>>;
  /** The same in the order of pushes. */
  readonly #ordered: readonly TypeState[];
  readonly #tables: RecentTables;
  readonly #narrowing = new Narrowing();
  #offered: ResourceSet | undefined;
  /** The resources that the client should have now: the offer, or for a while its replacement. */
  #current: ResourceSet | undefined;
  #hasteRequested = false;
  /** The last results of `burden` and `names`; undefined once they may have changed. */
  #burden: number | undefined;
  #names: number | undefined;

  constructor(bytes: ResponseBytes, suspects: QuarantineReports, tables = new RecentTables()) {
    this.#bytes = bytes;
    this.#tables = tables;
    this.#states = {
      cluster: new TypeState('cluster', suspects),
      endpoint: new TypeState('endpoint', suspects),
      secret: new TypeState('secret', suspects),
      listener: new TypeState('listener', suspects),
      extension: new TypeState('extension', suspects),
      route: new TypeState('route', suspects),
    };
    this.#ordered = pushOrder.map((type) => this.#states[type]);
  }

  get offered(): ResourceSet | undefined {
    return this.#offered;
  }

  /** The client acknowledged everything that is offered. */
  get synced(): boolean {
    const { cluster, listener } = this.#states;
    if (this.#current === undefined || this.#narrowing.isOn) return false;
    if (!cluster.subscription.started || !listener.subscription.started) return false;
    for (const { idle, refusals } of this.#ordered) if (!idle || refusals.size > 0) return false;
    return true;
  }

  /** Whether resources that name clusters are held back until new clusters are acknowledged. */
  get holdsBack(): boolean {
    return this.#mustWait() && waitForClusters.some((type) => !this.#states[type].idle);
  }

  /** The nonces of unanswered responses, at most one per type. */
  get unanswered(): readonly string[] {
    return pushOrder.flatMap((type) => this.#states[type].unanswered ?? []);
  }

  /** How many names the client asked for one by one, in all types. */
  get names(): number {
    return (this.#names ??= sumOf(this.#ordered, ({ subscription }) => subscription.size));
  }

  /** Bytes kept for this client alone, besides what is offered to it. */
  get burden(): number {
    return (this.#burden ??= sumOf(this.#ordered, ({ burden }) => burden));
  }

  /** The bytes that the names of a long request would add to `burden`. */
  burdenOf({ typeUrl, subscribe, initialVersions }: DeltaRequest): number {
    const type = typeOf(typeUrl);
    if (type === undefined || subscribe.length + initialVersions.size < long) return 0;
    const offered = this.#current?.[type];
    let sum = 0;
    for (const names of [subscribe, initialVersions.keys()])
      for (const name of names) if (offered?.has(name) !== true) sum += costOf(name);
    return sum;
  }

  /** Takes in a request: an ACK or NACK, a subscription, or both. */
  receive(request: DeltaRequest): Step {
    const type = typeOf(request.typeUrl);
    if (type === undefined) return nothingToSay;
    const state = this.#states[type];
    this.#mayChange(state.subscription.started && isMereAcknowledgement(request));
    const refusals = request.nonce === '' ? undefined : state.answered(request);
    if (type === 'route' && !state.subscription.started) this.#recall(request);
    state.subscribe(request, this.#current?.[type]);
    return {
      responses: this.#flush(),
      answer: answerOf(refusals, request),
      refusals: refusals ?? [],
    };
  }

  /** Replaces what the client should have. A later offer overtakes an earlier one that is still on its way. */
  offer(next: ResourceSet): readonly DeltaResponse[] {
    const current = this.#narrowing.offer(this.#offered, next);
    this.#offered = next;
    // An offer may end a refusal, and adds nothing.
    if (this.#burden !== 0) this.#burden = undefined;
    this.#tables.note(next.route);
    this.#setCurrent(current);
    return this.#flush();
  }

  /** Stops waiting for new clusters, because the client takes too long to warm them. */
  skipWarmingWait(): readonly DeltaResponse[] {
    this.#hasteRequested = true;
    return this.#flush();
  }

  /**
   * Offered resources that the client has not acknowledged, refused ones among them, in parts. A part is the very map
   * that is offered when the client lacks all of that type.
   */
  *outstandingParts(): Generator<ReadonlyMap<string, Resource> | readonly Resource[]> {
    const offered = this.#current;
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

  /** The resources of the current offer that the client refused. */
  *refusals(): Generator<Refusal> {
    for (const type of pushOrder)
      for (const refusal of this.#states[type].refusals.values()) {
        const { name, version } = refusal.resource;
        if (this.#current?.[type].get(name)?.version === version) yield refusal;
      }
  }

  /** An ACK alone may end a refusal, and changes no names. */
  #mayChange(isAcknowledgement: boolean): void {
    if (!isAcknowledgement || this.#burden !== 0) this.#burden = undefined;
    if (!isAcknowledgement) this.#names = undefined;
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

  /** While a listener is on its way, the client has not asked for the routes it names, but will. */
  #mayStillBeAskedFor(type: ResourceType): boolean {
    return referrers[type].some((referrer) => !this.#settled(referrer));
  }

  #notAskedFor(type: ResourceType, offered: ReadonlyMap<string, Resource>): readonly Resource[] {
    const { subscription } = this.#states[type];
    return [...offered.values()].filter(({ name }) => !subscription.covers(name));
  }

  /** A client that comes from another stream brings the versions of the rules that let in its open connections. */
  #recall({ initialVersions }: DeltaRequest): void {
    for (const [name, version] of initialVersions) {
      const table = this.#tables.get(version);
      if (table?.name !== name || this.#offered?.route.get(name)?.version === version) continue;
      const next = this.#narrowing.bring(table, this.#offered);
      if (next !== undefined) this.#setCurrent(next);
    }
  }

  #setCurrent(next: ResourceSet): void {
    const changes = changesBetween(this.#current, next);
    this.#current = next;
    for (const [type, names] of changes) {
      const state = this.#states[type];
      // Names that the client requested while nothing was offered are due already.
      if (state.subscription.started) state.markDue(names);
    }
  }

  /** Sends the offer itself, once its replacement is no longer needed. */
  #endNarrowing(): void {
    if (this.#current === undefined || this.#offered === undefined) return;
    if (this.#narrowing.end(this.#current, this.#states)) this.#setCurrent(this.#offered);
  }

  #flush(): readonly DeltaResponse[] {
    this.#endNarrowing();
    const offered = this.#current;
    if (offered === undefined) return [];
    const responses: DeltaResponse[] = [];
    while (this.#addResponses(offered, responses)) {
      // A type that turned out to have nothing to send lets types before it remove what it may have referenced.
    }
    for (const state of this.#ordered) state.settle(offered[state.type]);
    // The request ends once the clusters for which it was made are no longer new.
    if (this.#hasteRequested && !this.#addsClusters()) this.#hasteRequested = false;
    return responses;
  }

  /** Adds the next response of each type. Returns whether a type became idle without a response. */
  #addResponses(offered: ResourceSet, responses: DeltaResponse[]): boolean {
    let isFreed = false;
    for (const state of this.#ordered) {
      const before = busy(state);
      const response = this.#next(state, offered);
      if (response !== undefined) responses.push(response);
      else if (before && !busy(state)) isFreed = true;
    }
    return isFreed;
  }

  #next(state: TypeState, offered: ResourceSet): DeltaResponse | undefined {
    const { type } = state;
    if (!state.subscription.started || !state.mayHaveMore) return undefined;
    if (waitForClusters.includes(type) && this.#mustWait()) return undefined;
    const batch = state.plan(offered[type], {
      mayRemove: () => this.#mayRemove(type, offered),
      // Without any secret, none could be issued yet.
      absentArePending: type === 'secret' && offered.secret.size === 0,
    });
    if (batch === undefined) return undefined;
    if (type === 'cluster' && batch.whole === undefined) this.#repeatEndpoints(batch);
    const encoded = this.#bytes.encode({ type, ...batch });
    state.sent(encoded.nonce, batch);
    return { type, ...encoded };
  }

  /**
   * Envoy rebuilds an updated cluster but does not ask for its endpoints again, and would wait 15 s for them. So they
   * are sent again. Endpoints have the name of their cluster.
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
    if (this.#current === undefined || !cluster.subscription.started) return false;
    return cluster.adds(this.#current.cluster);
  }

  #mayRemove(type: ResourceType, offered: ResourceSet): boolean {
    for (const earlier of removalOrder) {
      if (earlier === type) return true;
      const state = this.#states[earlier];
      if (!state.idle || state.keepsLastGood) return false;
      // On a new stream the requests come one by one: a type that was not asked for yet may still change.
      if (state.subscription.started) continue;
      if (earlier === 'listener' || offered[earlier].size > 0) return false;
    }
    return true;
  }
}

function sumOf(states: readonly TypeState[], count: (state: TypeState) => number): number {
  return states.reduce((sum, state) => sum + count(state), 0);
}

function busy({ idle }: TypeState): boolean {
  return !idle;
}
