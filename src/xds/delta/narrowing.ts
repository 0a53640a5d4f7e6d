import { onceFor, onceForBoth } from '../../common/once-for.ts';
import { inboundListener } from '../../envoy/names.ts';
import { withFreshChains } from '../resources/fresh-chains.ts';
import { findLostChains } from '../resources/grants.ts';
import type { Resource, ResourceSet } from '../resources/resource.ts';
import { changesBetween } from './diff.ts';
import type { Table } from './recent-tables.ts';
import type { TypeState } from './type-state.ts';

type States = Readonly<Record<'listener' | 'route', TypeState>>;

const noChains: ReadonlySet<string> = new Set();

/**
 * The resources that replace a client's offer for a while, after a caller of it lost a part of its access. First the
 * caller's chain in a changed form, so that Envoy ends the open connections. When the client has that and the rules, it
 * gets the listener as offered, which changes the chain once more. So a stream that the old rules let in between the
 * two ends as well, and at the end the offer alone is in force (docs/decisions/0110).
 */
export class Narrowing {
  /**
   * Chains of callers that lost something since the client last had all that it was offered. A caller that lost
   * everything may return with less before the client knew that it was gone.
   */
  #chains = noChains;
  /**
   * Tables that the client has and is not offered: Envoy keeps them until it gets others. Undefined for a table of
   * which it may have an older version that allowed more.
   */
  #kept: Map<string, Table | undefined> | undefined;
  /**
   * Tables of permissive mode that the client may still apply, since it last had all that it was offered. Such a table
   * also allows everything to callers that no rule named before.
   */
  #open: Map<string, Table> | undefined;

  get isOn(): boolean {
    return this.#chains.size > 0;
  }

  /** The resources to send to the client when `next` is offered after `previous`. */
  offer(previous: ResourceSet | undefined, next: ResourceSet): ResourceSet {
    const wasOn = this.isOn;
    // A new client that brought no tables has no open connections to close.
    if (previous !== undefined || this.#kept !== undefined)
      for (const name of changesBetween(previous, next).get('route') ?? [])
        this.#compare(previous?.route.get(name), next.route.get(name), wasOn);
    return this.#apply(next);
  }

  /** The same for a client that has this table from an earlier stream. */
  bring(table: Table, offered: ResourceSet | undefined): ResourceSet | undefined {
    (this.#kept ??= new Map()).set(table.name, table);
    if (offered === undefined) return undefined;
    this.#compare(undefined, offered.route.get(table.name), false);
    return this.#apply(offered);
  }

  /**
   * Ends when the client has the inbound listener that it was sent and the rules of all ports. Returns true if it
   * ended.
   */
  end(current: ResourceSet, { listener, route }: States): boolean {
    if (!this.isOn && this.#open === undefined) return false;
    const inbound = current.listener.get(inboundListener);
    if (inbound === undefined ? listener.holds(inboundListener) : !listener.has(inbound))
      return false;
    for (const table of current.route.values())
      if (table.grants !== undefined && !route.has(table)) return false;
    const wasOn = this.isOn;
    this.#chains = noChains;
    this.#open = undefined;
    return wasOn;
  }

  #apply(next: ResourceSet): ResourceSet {
    if (!this.isOn) return next;
    const listener = withFreshChains(next.listener, this.#chains);
    return listener === undefined ? next : Object.freeze({ ...next, listener });
  }

  #compare(previous: Resource | undefined, next: Resource | undefined, wasOn: boolean): void {
    const open = next && this.#open?.get(next.name);
    if (open !== undefined) this.#lose(open, next);
    if (previous === undefined) this.#compareKept(next);
    else if (previous.grants !== undefined) this.#compareOffered(previous, next, wasOn);
  }

  #compareOffered(previous: Resource, next: Resource | undefined, wasOn: boolean): void {
    if (next === undefined)
      (this.#kept ??= new Map()).set(previous.name, wasOn ? undefined : previous);
    this.#lose(previous, next);
  }

  #compareKept(next: Resource | undefined): void {
    if (next === undefined || this.#kept?.has(next.name) !== true) return;
    const before = this.#kept.get(next.name);
    this.#kept.delete(next.name);
    if (before === undefined) this.#chains = union(this.#chains, new Set([next.name]));
    else this.#lose(before, next);
  }

  #lose(before: Table, next: Table | undefined): void {
    this.#chains = union(this.#chains, lostFrom(before, next));
    if (before.grants?.permissive === true && next?.grants?.permissive !== true)
      (this.#open ??= new Map()).set(before.name, before);
  }
}

/** One of the two sets if the other adds nothing, so that proxies with the same chains share the set. */
function union(some: ReadonlySet<string>, more: ReadonlySet<string>): ReadonlySet<string> {
  if (isPart(more, some)) return some;
  return isPart(some, more) ? more : new Set([...some, ...more]);
}

function isPart(part: ReadonlySet<string>, whole: ReadonlySet<string>): boolean {
  return part.size <= whole.size && [...part].every((name) => whole.has(name));
}

function lostFrom(before: Table | undefined, after: Table | undefined): ReadonlySet<string> {
  if (before === undefined) return noChains;
  return after === undefined ? allFrom(before) : lostBetween(before, after);
}

/** The chains of the callers that a table let in. Computed once for all proxies that have the table. */
const allFrom = onceFor((before: Table) => chainsLost(before, undefined));
const lostBetween = onceForBoth((before: Table, after: Table) => chainsLost(before, after));

function chainsLost({ name, grants }: Table, after: Table | undefined): ReadonlySet<string> {
  return grants === undefined ? noChains : new Set(findLostChains(name, grants, after?.grants));
}
