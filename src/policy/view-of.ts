// Input: a MeshModel and the workload of a proxy. Output: the part of the model that this proxy may know. Rule: parts
// that are equal, between proxies and from one model to the next, are the very same objects.
import type { AccessRule } from './access.ts';
import type { IdentityKey } from './identity.ts';
import { TwoGenerationCache } from './two-generation-cache.ts';
import type { MeshModel } from './mesh-model.ts';
import { indexReach, reachOf, type ReachIndex } from './reach.ts';
import type { InboundView, OutboundView, ProxyView, ReachableService } from './view.ts';
import type { Workload } from './workload.ts';

/** Computes what proxies may know. Made once in a process; takes successive models, never an earlier model again. */
export interface Views {
  outboundOf(model: MeshModel, account: IdentityKey): OutboundView;
  inboundOf(model: MeshModel, workload: Workload): InboundView;
  viewOf(model: MeshModel, workload: Workload): ProxyView;
}

export function createViews(): Views {
  const memory = new ViewMemory();
  return {
    outboundOf: (model, account) => memory.at(model).outboundOf(model, account),
    inboundOf: (model, workload) => memory.at(model).inboundOf(model, workload),
    viewOf: (model, workload) => memory.at(model).viewOf(model, workload),
  };
}

const noRules: readonly AccessRule[] = [];

/** The services that an account may call, with the inputs of that result. */
interface Reach {
  readonly inputs: readonly unknown[];
  readonly services: readonly ReachableService[];
}

class ViewMemory {
  #model: MeshModel | undefined;
  #index: ReachIndex | undefined;
  #byWorkload = new WeakMap<Workload, ProxyView>();
  readonly #reachable = new TwoGenerationCache<string, ReachableService>();
  readonly #reach = new TwoGenerationCache<string, Reach>();
  readonly #outbound = new TwoGenerationCache<IdentityKey, OutboundView>();
  readonly #inbound = new TwoGenerationCache<string, InboundView>();
  readonly #views = new TwoGenerationCache<string, ProxyView>();
  readonly #numbers = new WeakMap<object, number>();
  readonly #keys = new WeakMap<ReachableService, string>();
  readonly #contents = new WeakMap<object, string>();
  #lastNumber = 0;

  /** Begins a new turn when an input of views changed; endpoints are no input. */
  at(model: MeshModel): this {
    if (model === this.#model) return this;
    const before = this.#model;
    this.#model = model;
    if (before !== undefined && viewsAlike(before, model)) return this;
    this.#index = undefined;
    this.#byWorkload = new WeakMap();
    const all = [this.#reach, this.#reachable, this.#outbound, this.#inbound, this.#views];
    for (const kept of all) kept.nextGeneration();
    return this;
  }

  outboundOf(model: MeshModel, account: IdentityKey): OutboundView {
    return this.#outbound.get(account, (last) => {
      const services = this.#servicesFor(model, account);
      const { neverPlaintext, settings } = model;
      const same =
        last?.settings === settings &&
        last.neverPlaintext === neverPlaintext &&
        last.services === services;
      return same ? last : { account, services, neverPlaintext, settings };
    });
  }

  inboundOf(model: MeshModel, workload: Workload): InboundView {
    const { account, served, probes, metrics } = workload;
    const { settings } = model;
    const rules = model.rules.get(account) ?? noRules;
    const key = [
      account,
      this.#contentOf(served),
      this.#contentOf(probes),
      metrics,
      this.#numberOf(rules),
      this.#numberOf(settings),
    ].join(' ');
    const view: InboundView = { account, served, rules, probes, metrics, settings };
    return this.#inbound.get(key, (last) => last ?? view);
  }

  viewOf(model: MeshModel, workload: Workload): ProxyView {
    const known = this.#byWorkload.get(workload);
    if (known !== undefined) return known;
    const inbound = this.inboundOf(model, workload);
    const outbound = this.outboundOf(model, workload.account);
    const key = `${this.#numberOf(inbound)} ${this.#numberOf(outbound)}`;
    const view = this.#views.get(key, (last) => last ?? { inbound, outbound });
    this.#byWorkload.set(workload, view);
    return view;
  }

  #servicesFor(model: MeshModel, account: IdentityKey): readonly ReachableService[] {
    this.#index ??= indexReach(model);
    const { inputs, services } = reachOf(this.#index, account);
    const owner = model.settings.permissive ? 'everybody' : account;
    return this.#reach.get(owner, (last) => {
      if (last !== undefined && sameItems(last.inputs, inputs)) {
        for (const reachable of last.services) this.#shared(reachable);
        return last;
      }
      const made = services().map((reachable) => this.#shared(reachable));
      const same = last !== undefined && sameItems(last.services, made);
      return { inputs, services: same ? last.services : made };
    }).services;
  }

  /** One object for all accounts that reach a service in the same way: by the same rules, to the same accounts. */
  #shared(reachable: ReachableService): ReachableService {
    let key = this.#keys.get(reachable);
    if (key === undefined) {
      const { service, split, accounts, origins } = reachable;
      const shaping = [service, ...(split === undefined ? [] : [split]), ...origins];
      key = [accounts.length, ...shaping.map((one) => this.#numberOf(one))].join(' ');
      this.#keys.set(reachable, key);
    }
    return this.#reachable.get(key, (last) => last ?? reachable);
  }

  /** A text for each object, by identity. */
  #numberOf(object: object): number {
    const known = this.#numbers.get(object);
    if (known !== undefined) return known;
    this.#lastNumber += 1;
    this.#numbers.set(object, this.#lastNumber);
    return this.#lastNumber;
  }

  /** A text for each object, by content. Pods of one Deployment serve the same, each in its own object. */
  #contentOf(object: object): string {
    const known = this.#contents.get(object);
    if (known !== undefined) return known;
    const content = JSON.stringify(object);
    this.#contents.set(object, content);
    return content;
  }
}

function viewsAlike(a: MeshModel, b: MeshModel): boolean {
  return (
    a.services === b.services &&
    a.splits === b.splits &&
    a.rules === b.rules &&
    a.neverPlaintext === b.neverPlaintext &&
    a.settings === b.settings
  );
}

function sameItems<T>(a: readonly T[], b: readonly T[]): boolean {
  return a === b || (a.length === b.length && a.every((item, index) => item === b[index]));
}
