import type { Resource, ResourceType } from '../resources/resource.ts';
import { blame } from './blame.ts';
import { Held } from './held.ts';
import type { DeltaRequest } from './request-bytes.ts';
import { Subscription } from './subscription.ts';
import { mayBeWildcard } from './type-order.ts';

type Resources = ReadonlyMap<string, Resource>;

/** A resource that the client refused, and its words. */
export interface Refusal {
  readonly resource: Resource;
  readonly message: string;
}

/** Resources that some client refused: sent apart from others, so that these others get through. */
export type Suspects = Pick<WeakSet<Resource>, 'add' | 'delete' | 'has'>;

/** What one response will say. */
export interface Batch {
  readonly changed: readonly Resource[];
  readonly removed: readonly string[];
  /** The map that `changed` is all of, for a client that held nothing. */
  readonly whole?: Resources;
}

interface InFlight extends Batch {
  readonly nonce: string;
}

export interface PlanOptions {
  /** Nothing that may name resources of this type is on its way, so unwanted ones may go. */
  readonly mayRemove: boolean;
  /** A name that is asked for and not there is expected soon: say nothing about it yet. */
  readonly absentArePending: boolean;
}

/**
 * One type in the conversation with one client: what it asked for, what it holds, what is on its
 * way and what is still to be said. At most one response is unanswered at a time; everything that
 * happens meanwhile is remembered as names that are due.
 */
export class TypeState {
  readonly type: ResourceType;
  readonly subscription: Subscription;
  readonly #suspects: Suspects;
  readonly #held = new Held();
  /** Names of which the client's version may not be the offered one. */
  readonly #due = new Set<string>();
  /** Names that are owed an answer whatever the client holds. */
  readonly #owed = new Set<string>();
  readonly #refused = new Map<string, Refusal>();
  /** Parts of a refused response, to be tried one after another until the bad resource is found. */
  #parts: ReadonlySet<string>[] = [];
  #inFlight: InFlight | undefined;
  /** Due as a whole, before the first response: the names of `#due`, not written out. */
  #whole: Resources | undefined;
  #owesFirst = false;

  constructor(type: ResourceType, suspects: Suspects) {
    this.type = type;
    this.#suspects = suspects;
    this.subscription = new Subscription(mayBeWildcard(type));
  }

  /** Nothing unanswered and nothing left to say. */
  get idle(): boolean {
    return this.#inFlight === undefined && this.#due.size === 0 && this.#whole === undefined;
  }

  /** A response could go out, if there is anything in it. */
  get mayHaveMore(): boolean {
    const some = this.#due.size > 0 || this.#whole !== undefined || this.#owesFirst;
    return this.#inFlight === undefined && some;
  }

  get refusals(): ReadonlyMap<string, Refusal> {
    return this.#refused;
  }

  /** The client goes on with an older version of something it refused, which may name anything. */
  get keepsLastGood(): boolean {
    for (const name of this.#refused.keys()) if (this.#held.has(name)) return true;
    return false;
  }

  holds(name: string): boolean {
    return this.#held.has(name);
  }

  /** Takes in the subscription half of a request. */
  subscribe(request: DeltaRequest, offered: Resources | undefined): void {
    if (this.#beginWhole(request, offered)) return;
    this.#writeOut();
    const first = !this.subscription.started;
    const change = this.subscription.update(request, (name) => offered?.get(name)?.name ?? name);
    if (first) this.#begin(request);
    for (const name of change.owed) {
      this.#due.add(name);
      if (!first || !this.#held.has(name)) this.#owed.add(name);
    }
    for (const name of change.dropped) this.#forget(name);
    if (change.wildcardEnded) this.#forgetUnnamed();
    if (change.wildcardBegan) this.#oweEverything(request, offered);
  }

  /** Marks names whose offered version changed. Costs nothing for names nobody asked for. */
  markDue(names: Iterable<string>): void {
    for (const name of names) {
      this.#writeOut();
      if (this.subscription.covers(name)) this.#due.add(name);
    }
  }

  /** The resource is to be sent again with its next response, also when the client has it. */
  owe(name: string): void {
    this.#writeOut();
    this.#owed.add(name);
    if (this.subscription.covers(name)) this.#due.add(name);
  }

  /** Whether names are on their way, or about to be, that the client does not hold yet. */
  adds(offered: Resources): boolean {
    if (this.#inFlight?.changed.some(({ name }) => !this.#held.has(name)) === true) return true;
    for (const name of this.#due) {
      const resource = offered.get(name);
      if (resource !== undefined && !this.#held.has(name) && !this.#isRefused(resource))
        return true;
    }
    return false;
  }

  /** Decides the next response, undefined for none. `sent` must follow with its nonce. */
  plan(offered: Resources, options: PlanOptions): Batch | undefined {
    const whole = this.#whole === offered ? this.#planWhole(offered) : undefined;
    if (whole !== undefined) return whole;
    this.#writeOut();
    const batch = this.#choose(this.#collect(offered, options));
    if (batch.changed.length + batch.removed.length > 0 || this.#owesFirst) return batch;
    return undefined;
  }

  /** Keeps nothing of its own about a client that has all of `offered` and nothing else. */
  settle(offered: Resources): void {
    if (!this.subscription.started || !this.idle || this.#refused.size > 0) return;
    if (this.#held.settle(offered)) this.subscription.settle(offered);
  }

  sent(nonce: string, batch: Batch): void {
    this.#inFlight = { nonce, ...batch };
    this.#owesFirst = false;
    this.#whole = undefined;
    if (batch.whole !== undefined) return;
    for (const { name } of batch.changed) this.#done(name);
    for (const name of batch.removed) this.#done(name);
  }

  /** Takes in an answer; undefined when it answers nothing that is unanswered (a stale nonce). */
  answered(nonce: string, error: string | undefined): readonly Refusal[] | undefined {
    const response = this.#inFlight;
    if (response?.nonce !== nonce) return undefined;
    this.#inFlight = undefined;
    if (error === undefined) {
      if (!this.#acceptWhole(response)) this.#accept(response.changed, response.removed);
      return [];
    }
    return this.#refuse(response, error);
  }

  /** The client is to have all of `offered` and has acknowledged nothing of it. */
  lacksAll(offered: Resources): boolean {
    if (!this.subscription.started || !this.#held.isEmpty || this.#due.size > 0) return false;
    return (this.#whole ?? this.#inFlight?.whole) === offered;
  }

  /** Resources of the offered set that the client should have and has not acknowledged. */
  *outstanding(offered: Resources): Generator<Resource> {
    for (const name of this.#unsettledNames()) {
      const resource = offered.get(name);
      if (resource !== undefined && !this.#has(resource)) yield resource;
    }
  }

  #unsettledNames(): ReadonlySet<string> {
    const names = new Set(this.#whole?.keys() ?? this.#due);
    for (const { name } of this.#inFlight?.changed ?? []) names.add(name);
    for (const name of this.#refused.keys()) names.add(name);
    return names;
  }

  /** A first request for just what is offered, of a client that holds nothing, as most are. */
  #beginWhole(request: DeltaRequest, offered: Resources | undefined): boolean {
    if (offered === undefined || offered.size === 0 || request.initialVersions.size > 0)
      return false;
    if (this.#owed.size > 0 || !this.subscription.begin(request, offered)) return false;
    this.#whole = offered;
    this.#owesFirst = this.subscription.wildcard;
    return true;
  }

  #writeOut(): void {
    const whole = this.#whole;
    if (whole === undefined) return;
    this.#whole = undefined;
    for (const name of whole.keys()) {
      this.#due.add(name);
      if (!this.subscription.wildcard) this.#owed.add(name);
    }
  }

  #planWhole(offered: Resources): Batch | undefined {
    const changed = [...offered.values()];
    if (changed.some((resource) => this.#suspects.has(resource))) return undefined;
    return { changed, removed: [], whole: offered };
  }

  #acceptWhole({ changed, whole }: InFlight): boolean {
    if (whole === undefined || !this.#held.isEmpty || this.#refused.size > 0) return false;
    if (!this.subscription.isFor(whole)) return false;
    for (const resource of changed) this.#suspects.delete(resource);
    this.#held.become(whole);
    return true;
  }

  #begin(request: DeltaRequest): void {
    for (const [name, version] of request.initialVersions) {
      this.#held.set(name, version);
      this.#due.add(name);
    }
  }

  /** A client that holds nothing yet waits for an answer even when there is nothing to send. */
  #oweEverything(request: DeltaRequest, offered: Resources | undefined): void {
    this.#owesFirst = request.initialVersions.size === 0;
    for (const name of offered?.keys() ?? []) this.#due.add(name);
  }

  #collect(offered: Resources, options: PlanOptions): Batch {
    const changed: Resource[] = [];
    const removed: string[] = [];
    for (const name of this.#due) {
      const resource = offered.get(name);
      const verdict = this.#judge(name, resource, options);
      if (verdict === 'send' && resource !== undefined) changed.push(resource);
      else if (verdict === 'send') removed.push(name);
      else if (verdict === 'drop') this.#done(name);
    }
    return { changed, removed };
  }

  #judge(name: string, resource: Resource | undefined, options: PlanOptions): Verdict {
    const refusal = this.#refused.get(name);
    if (refusal !== undefined && refusal.resource.version !== resource?.version)
      this.#refused.delete(name);
    if (!this.subscription.covers(name)) {
      this.#held.delete(name);
      return 'drop';
    }
    if (resource === undefined) return this.#judgeAbsent(name, options);
    if (this.#isRefused(resource)) return 'drop';
    return this.#has(resource) && !this.#owed.has(name) ? 'drop' : 'send';
  }

  #judgeAbsent(name: string, options: PlanOptions): Verdict {
    if (this.#held.has(name)) return options.mayRemove ? 'send' : 'keep';
    if (!this.#owed.has(name)) return 'drop';
    return options.absentArePending ? 'keep' : 'send';
  }

  /** Narrows what could be sent to what is sent next: parts of a refused response, suspects alone. */
  #choose({ changed, removed }: Batch): Batch {
    for (let part = this.#parts.pop(); part !== undefined; part = this.#parts.pop()) {
      const names = part;
      const inPart = changed.filter(({ name }) => names.has(name));
      if (inPart.length > 0) return { changed: inPart, removed };
    }
    if (changed.length < 2) return { changed, removed };
    const clean = changed.filter((resource) => !this.#suspects.has(resource));
    return { changed: clean.length > 0 ? clean : changed.slice(0, 1), removed };
  }

  #accept(changed: readonly Resource[], removed: readonly string[]): void {
    for (const resource of changed) {
      this.#suspects.delete(resource);
      this.#refused.delete(resource.name);
      if (this.subscription.covers(resource.name)) this.#held.set(resource.name, resource.version);
    }
    for (const name of removed) this.#held.delete(name);
  }

  #refuse(response: InFlight, message: string): readonly Refusal[] {
    const names = response.changed.map(({ name }) => name);
    const blamed = new Set(names.length === 1 ? names : blame(this.type, message, names));
    if (blamed.size === 0 && names.length > 1) {
      this.#divide(response);
      return [];
    }
    this.#accept(
      response.changed.filter(({ name }) => !blamed.has(name)),
      response.removed,
    );
    const guilty = response.changed.filter(({ name }) => blamed.has(name));
    const refusals = guilty.map((resource) => ({ resource, message }));
    for (const refusal of refusals) {
      this.#suspects.add(refusal.resource);
      this.#refused.set(refusal.resource.name, refusal);
    }
    return refusals;
  }

  /** A response was refused as a whole: both halves are due again, each in a response of its own. */
  #divide(response: InFlight): void {
    const names = response.changed.map(({ name }) => name);
    const middle = Math.ceil(names.length / 2);
    this.#parts.push(new Set(names.slice(middle)), new Set(names.slice(0, middle)));
    for (const name of names) this.owe(name);
    for (const name of response.removed) this.owe(name);
  }

  #isRefused(resource: Resource): boolean {
    return this.#refused.get(resource.name)?.resource.version === resource.version;
  }

  #has(resource: Resource): boolean {
    return this.#held.version(resource.name) === resource.version;
  }

  #done(name: string): void {
    this.#due.delete(name);
    this.#owed.delete(name);
  }

  #forget(name: string): void {
    this.#done(name);
    this.#held.delete(name);
    this.#refused.delete(name);
  }

  #forgetUnnamed(): void {
    for (const name of [...this.#held.names(), ...this.#due, ...this.#refused.keys()])
      if (!this.subscription.covers(name)) this.#forget(name);
  }
}

type Verdict = 'send' | 'keep' | 'drop';
