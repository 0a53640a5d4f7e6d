// Input: a MeshModel and who asks. Output: the part of it that one proxy may know. Rule: parts that
// are equal, between proxies and from one model to the next, are the very same objects.
import type { AccessRule } from './access.ts';
import type { IdentityKey } from './identity.ts';
import { Kept } from './kept.ts';
import type { MeshModel } from './mesh-model.ts';
import { indexReach, reachOf, type ReachIndex } from './reach.ts';
import type { InboundView, OutboundView, ProxyView, ReachableService } from './view.ts';
import type { Workload } from './workload.ts';

/** What proxies may know. Made once a process; asked about one model after the other, never back. */
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

class ViewMemory {
  #model: MeshModel | undefined;
  #index: ReachIndex | undefined;
  #everything: readonly ReachableService[] | undefined;
  #byWorkload = new WeakMap<Workload, ProxyView>();
  readonly #reachable = new Kept<string, ReachableService>();
  readonly #outbound = new Kept<IdentityKey, OutboundView>();
  readonly #inbound = new Kept<string, InboundView>();
  readonly #views = new Kept<string, ProxyView>();
  readonly #numbers = new WeakMap<object, number>();
  readonly #contents = new WeakMap<object, string>();
  #lastNumber = 0;

  /** Begins a new turn when something changed that views are made of; endpoints are not. */
  at(model: MeshModel): this {
    if (model === this.#model) return this;
    const before = this.#model;
    this.#model = model;
    if (before !== undefined && viewsAlike(before, model)) return this;
    this.#index = undefined;
    this.#everything = undefined;
    this.#byWorkload = new WeakMap();
    for (const kept of [this.#reachable, this.#outbound, this.#inbound, this.#views]) kept.turn();
    return this;
  }

  outboundOf(model: MeshModel, account: IdentityKey): OutboundView {
    return this.#outbound.get(account, (last) => {
      const services = this.#servicesFor(model, account);
      const { guarded, settings } = model;
      const same =
        last?.settings === settings &&
        last.guarded === guarded &&
        sameItems(last.services, services);
      return same ? last : { account, services, guarded, settings };
    });
  }

  inboundOf(model: MeshModel, workload: Workload): InboundView {
    const { account, served, probes } = workload;
    const { settings } = model;
    const rules = settings.permissive ? 'any' : (model.rules.get(account) ?? noRules);
    const key = [
      account,
      this.#contentOf(served),
      this.#contentOf(probes),
      rules === 'any' ? rules : this.#numberOf(rules),
      this.#numberOf(settings),
    ].join(' ');
    return this.#inbound.get(key, (last) => last ?? { account, served, rules, probes, settings });
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
    if (this.#everything !== undefined) return this.#everything;
    this.#index ??= indexReach(model);
    const services = reachOf(this.#index, account).map((reachable) => this.#shared(reachable));
    if (model.settings.permissive) this.#everything = services;
    return services;
  }

  #shared(reachable: ReachableService): ReachableService {
    const { service, split, accounts, origins } = reachable;
    const key = [
      this.#numberOf(service),
      split === undefined ? '' : this.#numberOf(split),
      accounts === service.accounts ? '*' : accounts.join(),
      ...origins.map(({ kind, namespace, name, generation }) =>
        [kind, namespace, name, generation].join('/'),
      ),
    ].join(' ');
    return this.#reachable.get(key, (last) => last ?? reachable);
  }

  /** Tells objects apart by identity, in text. */
  #numberOf(object: object): number {
    const known = this.#numbers.get(object);
    if (known !== undefined) return known;
    this.#lastNumber += 1;
    this.#numbers.set(object, this.#lastNumber);
    return this.#lastNumber;
  }

  /** Tells objects apart by content. Pods of one Deployment serve the same, each in its own object. */
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
    a.guarded === b.guarded &&
    a.settings === b.settings
  );
}

function sameItems<T>(a: readonly T[], b: readonly T[]): boolean {
  return a === b || (a.length === b.length && a.every((item, index) => item === b[index]));
}
