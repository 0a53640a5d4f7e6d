import type { Resource, ResourceType } from '../resources/resource.ts';
import type { Batch, InFlight, PlanOptions, NamedResources } from './batch.ts';
import { PendingNames } from './pending-names.ts';
import { AckedVersions } from './acked-versions.ts';
import { Refused, type Refusal, type QuarantineReports, type Words } from './refused.ts';
import { type DeltaRequest, isMereAcknowledgement } from './request-bytes.ts';
import { costOf, Subscription } from './subscription.ts';
import { mayBeWildcard } from './type-order.ts';

/** Stands for a version that a client brings and that is not the offered one. */
const anotherVersion = 'another';

/**
 * The state of one type for one client: the names that it requested, the versions that it holds, the unanswered
 * response and the names still to be sent. At most one response is unanswered at a time; changes until its ACK or NACK
 * are recorded as names that are due.
 */
export class TypeState {
  readonly type: ResourceType;
  readonly subscription: Subscription;
  readonly #held = new AckedVersions();
  readonly #due = new PendingNames();
  readonly #refused: Refused;
  #inFlight: InFlight | undefined;
  /** A response is due even when it would be empty. */
  #owesFirst = false;
  /** Bytes of the names and versions that the client brought and that are not offered; zero once nothing is due. */
  #brought = 0;
  /** The offer for which `settle` last succeeded; undefined once the client answered or asked for something since. */
  #settled: NamedResources | undefined;

  constructor(type: ResourceType, suspects: QuarantineReports) {
    this.type = type;
    this.#refused = new Refused(type, suspects);
    this.subscription = new Subscription(mayBeWildcard(type));
  }

  /** No response is unanswered and none is left to send. */
  get idle(): boolean {
    return this.#inFlight === undefined && this.#due.isEmpty;
  }

  /** The nonce of the unanswered response. */
  get unanswered(): string | undefined {
    return this.#inFlight?.nonce;
  }

  /** Whether a response could be sent now, if it has content. */
  get mayHaveMore(): boolean {
    return this.#inFlight === undefined && (!this.#due.isEmpty || this.#owesFirst);
  }

  /** Bytes kept for this client alone: names that are not offered, versions it brought, its NACKs. */
  get burden(): number {
    return this.subscription.burden + this.#brought + this.#refused.burden;
  }

  get refusals(): ReadonlyMap<string, Refusal> {
    return this.#refused.byName;
  }

  /** Whether the client still uses an older version of a resource that it refused. It may reference any resource. */
  get keepsLastGood(): boolean {
    for (const name of this.refusals.keys()) if (this.#held.has(name)) return true;
    return false;
  }

  holds(name: string): boolean {
    return this.#held.has(name);
  }

  /** Whether the client acknowledged this very version. */
  has({ name, version }: Resource): boolean {
    return this.#held.version(name) === version;
  }

  /** Takes in the subscription half of a request. */
  subscribe(request: DeltaRequest, offered: NamedResources | undefined): void {
    if (this.subscription.started && isMereAcknowledgement(request)) return;
    this.#subscribe(request, offered);
  }

  #subscribe(request: DeltaRequest, offered: NamedResources | undefined): void {
    if (this.#beginWhole(request, offered)) return;
    this.#settled = undefined;
    this.#due.expand();
    const first = !this.subscription.started;
    const change = this.subscription.update(request, (name) => offered?.get(name)?.name);
    if (first) this.#begin(request, offered);
    for (const name of change.owed) {
      this.#due.add(name);
      if (!first || !this.#held.has(name)) this.#due.forceSend(name);
    }
    for (const name of change.dropped) this.#forget(name);
    if (change.wildcardEnded) this.#forgetUnnamed();
    if (change.wildcardBegan) this.#oweEverything(request, offered);
  }

  /** Marks names whose offered version changed. Names that the client did not ask for cost nothing. */
  markDue(names: Iterable<string>): void {
    for (const name of names) if (this.subscription.covers(name)) this.#due.add(name);
  }

  /** The resource is sent again in its next response, even if the client has it. */
  owe(name: string): void {
    this.#due.forceSend(name);
    if (this.subscription.covers(name)) this.#due.add(name);
  }

  /** Whether a name is offered that the client does not hold yet, or is about to drop. */
  adds(offered: NamedResources): boolean {
    if (this.#inFlight?.changed.some(({ name }) => !this.#held.has(name)) === true) return true;
    if (this.#inFlight?.removed.some((name) => this.#wants(name, offered)) === true) return true;
    for (const name of this.#due.names)
      if (!this.#held.has(name) && this.#wants(name, offered)) return true;
    return false;
  }

  /** Decides the next response, undefined for none. `sent` must follow with its nonce. */
  plan(offered: NamedResources, options: PlanOptions): Batch | undefined {
    const whole = this.#due.whole === offered ? this.#planWhole(offered) : undefined;
    if (whole !== undefined) return whole;
    this.#due.expand();
    const { changed, removed } = this.#collect(offered, options);
    const batch = { changed: this.#refused.narrow(changed), removed };
    if (batch.changed.length + batch.removed.length > 0 || this.#owesFirst) return batch;
    return undefined;
  }

  /** Stores nothing separately for a client that has all of `offered` and nothing else. */
  settle(offered: NamedResources): void {
    if (this.#settled === offered || !this.subscription.started || !this.idle) return;
    this.#brought = 0;
    if (this.refusals.size > 0 || !this.#held.compact(offered)) return;
    this.subscription.settle(offered);
    this.#settled = offered;
  }

  sent(nonce: string, batch: Batch): void {
    this.#inFlight = { nonce, ...batch };
    this.#owesFirst = false;
    if (batch.whole === undefined) {
      for (const { name } of batch.changed) this.#due.sent(name);
      for (const name of batch.removed) this.#due.sent(name);
    } else this.#due.sentWhole();
  }

  /** Takes in an ACK or NACK; undefined when its nonce is not that of the unanswered response (a stale nonce). */
  answered({ nonce, error, errorIsCut }: DeltaRequest): readonly Refusal[] | undefined {
    const response = this.#inFlight;
    if (response?.nonce !== nonce) return undefined;
    this.#inFlight = undefined;
    this.#settled = undefined;
    if (error === undefined) {
      if (!this.#acceptWhole(response)) this.#accept(response.changed, response.removed);
      return [];
    }
    return this.#refuse(response, { text: error, isCut: errorIsCut === true });
  }

  /** Whether the client is to have all of `offered` and has acknowledged none of it. */
  lacksAll(offered: NamedResources): boolean {
    if (!this.subscription.started || !this.#held.isEmpty) return false;
    return (this.#due.isEmpty ? this.#inFlight?.whole : this.#due.whole) === offered;
  }

  /** Resources of the offered set that the client should have and has not acknowledged. */
  *outstanding(offered: NamedResources): Generator<Resource> {
    for (const name of this.#unsettledNames()) {
      const resource = offered.get(name);
      if (resource !== undefined && !this.has(resource)) yield resource;
    }
  }

  #unsettledNames(): ReadonlySet<string> {
    const names = new Set(this.#due.names);
    for (const { name } of this.#inFlight?.changed ?? []) names.add(name);
    for (const name of this.refusals.keys()) names.add(name);
    return names;
  }

  /**
   * Handles a first request for just what is offered, from a client that holds nothing. Most first requests are such.
   */
  #beginWhole(request: DeltaRequest, offered: NamedResources | undefined): boolean {
    if (offered === undefined || offered.size === 0 || request.initialVersions.size > 0)
      return false;
    if (this.#due.mustSendAny || !this.subscription.begin(request, offered)) return false;
    this.#due.addWhole(offered, { owed: !this.subscription.wildcard });
    this.#owesFirst = this.subscription.wildcard;
    return true;
  }

  #planWhole(offered: NamedResources): Batch | undefined {
    const changed = [...offered.values()];
    if (this.#refused.isAnySuspect(changed)) return undefined;
    return { changed, removed: [], whole: offered };
  }

  #acceptWhole({ changed, whole }: InFlight): boolean {
    if (whole === undefined || !this.#held.isEmpty || this.refusals.size > 0) return false;
    if (!this.subscription.isFor(whole)) return false;
    for (const resource of changed) this.#refused.accepted(resource);
    this.#held.replaceAll(whole);
    return true;
  }

  #begin(request: DeltaRequest, offered: NamedResources | undefined): void {
    for (const [name, version] of request.initialVersions) this.#bring(name, version, offered);
  }

  /** Offered names are kept as the shared string; a version that is not the offered one is kept as `another`. */
  #bring(name: string, version: string, offered: NamedResources | undefined): void {
    const resource = offered?.get(name);
    const known = resource?.version === version ? resource.version : anotherVersion;
    const kept = resource?.name ?? name;
    this.#held.set(kept, offered === undefined ? version : known);
    this.#due.add(kept);
    if (resource === undefined) this.#brought += costOf(name) + version.length;
  }

  /** A client that holds nothing yet waits for an answer even when there is nothing to send. */
  #oweEverything(request: DeltaRequest, offered: NamedResources | undefined): void {
    this.#owesFirst = request.initialVersions.size === 0;
    for (const name of offered?.keys() ?? []) this.#due.add(name);
  }

  #collect(offered: NamedResources, options: PlanOptions): Batch {
    const changed: Resource[] = [];
    const removed: string[] = [];
    for (const name of this.#due.names) {
      const resource = offered.get(name);
      const verdict = this.#decide(name, resource, options);
      if (verdict === 'send' && resource !== undefined) changed.push(resource);
      else if (verdict === 'send') removed.push(name);
      else if (verdict === 'drop') this.#due.sent(name);
    }
    return { changed, removed };
  }

  #decide(name: string, resource: Resource | undefined, options: PlanOptions): Verdict {
    this.#refused.offered(name, resource);
    if (!this.subscription.covers(name)) {
      this.#held.delete(name);
      return 'drop';
    }
    if (resource === undefined) return this.#decideAbsent(name, options);
    if (this.#refused.has(resource)) return 'drop';
    return this.has(resource) && !this.#due.mustSend(name) ? 'drop' : 'send';
  }

  #decideAbsent(name: string, options: PlanOptions): Verdict {
    if (this.#held.has(name)) return options.mayRemove() ? 'send' : 'keep';
    if (!this.#due.mustSend(name)) return 'drop';
    return options.absentArePending ? 'keep' : 'send';
  }

  #accept(changed: readonly Resource[], removed: readonly string[]): void {
    for (const resource of changed) {
      this.#refused.accepted(resource);
      if (this.subscription.covers(resource.name)) this.#held.set(resource.name, resource.version);
    }
    for (const name of removed) this.#held.delete(name);
  }

  #refuse({ changed, removed }: InFlight, words: Words): readonly Refusal[] {
    const refusals = this.#refused.take(changed, words);
    if (refusals === undefined) {
      for (const { name } of changed) this.owe(name);
      for (const name of removed) this.owe(name);
      return [];
    }
    const others = changed.filter((resource) => !this.#refused.has(resource));
    // The part that was cut off may have named them too, so they are sent again.
    if (words.isCut) for (const { name } of others) this.owe(name);
    this.#accept(words.isCut ? [] : others, removed);
    return refusals;
  }

  #wants(name: string, offered: NamedResources): boolean {
    const resource = this.subscription.covers(name) ? offered.get(name) : undefined;
    return resource !== undefined && !this.#refused.has(resource);
  }

  #forget(name: string): void {
    this.#due.sent(name);
    this.#held.delete(name);
    this.#refused.forget(name);
  }

  #forgetUnnamed(): void {
    for (const name of [...this.#held.names(), ...this.#due.names, ...this.refusals.keys()])
      if (!this.subscription.covers(name)) this.#forget(name);
  }
}

type Verdict = 'send' | 'keep' | 'drop';
