// Input: the rules of one account and the Services that lead to its pods, by age. Output: the first of them with which
// a proxy would hold too much. Rule: each step is counted with all older ones.
import { isHttp } from '../policy/service.ts';
import type { AccessRule } from '../policy/access.ts';
import type { ServedPort } from '../policy/workload.ts';
import { type Cost, PortCost } from './inbound-cost.ts';

/** A rule, or a Service and the ports of one kind of pods that it leads to. Each kind has its own sum. */
export type SweepStep = { readonly rule: AccessRule } | ServiceStep;

interface ServiceStep {
  readonly service: string;
  readonly ports: readonly Port[];
  /** A small number; absent: 0. */
  readonly kind?: number;
}

export type Port = Pick<ServedPort, 'targetPort' | 'protocol'>;

/** The index of the first step with which the sum of some kind is above `most`; undefined when there is none. */
export function firstBeyond(steps: readonly SweepStep[], most: number): number | undefined {
  const sweep = new Sweep(steps, most);
  const at = steps.findIndex((step) => {
    sweep.add(step);
    return sweep.largest > most;
  });
  return at < 0 ? undefined : at;
}

/** The Services that lead to a port at pods of one kind. */
interface Ways {
  readonly kind: number;
  services: number;
  /** The lengths of their names together. */
  letters: number;
}

/** A port of some pods. The cost of its rules depends on the port alone, so all kinds share the count. */
interface Slot {
  readonly cost: PortCost;
  /** Rules that name the port, so far. */
  readonly rules: AccessRule[];
  /** Empty until a Service leads to the port. */
  readonly ways: Ways[];
}

/** The ports of one sort, HTTP or opaque. Rules for HTTP requests hold only at HTTP ports, and costs differ by sort. */
interface Side {
  readonly http: boolean;
  readonly slots: Map<number, Slot>;
  /** The ports to which some Service leads already. */
  readonly begun: Slot[];
  /** Rules that hold at all ports, so far. */
  readonly rules: AccessRule[];
}

/**
 * Visits a rule and a port together only where the rule costs something there, and ends each count as soon as a sum
 * is above the bound. So it takes no more time than the bound allows, beside reading each step once.
 */
class Sweep {
  readonly #most: number;
  readonly #http = sideOf(true);
  readonly #opaque = sideOf(false);
  readonly #sums: number[] = [];
  largest = 0;

  /** `steps` are all steps that `add` will get. */
  constructor(steps: readonly SweepStep[], most: number) {
    this.#most = most;
    for (const step of steps) if ('service' in step) this.#expect(step);
  }

  add(step: SweepStep): void {
    if ('service' in step) this.#addService(step);
    else this.#addRule(step.rule);
  }

  /** Prepares the ports to which a Service will lead: rules are kept for these alone. */
  #expect({ ports }: ServiceStep): void {
    for (const { targetPort, protocol } of ports) {
      const { http, slots } = this.#sideFor(protocol);
      if (slots.has(targetPort)) continue;
      slots.set(targetPort, { cost: new PortCost(http), rules: [], ways: [] });
    }
  }

  #addRule(rule: AccessRule): void {
    const sides = rule.http === 'all' ? [this.#http, this.#opaque] : [this.#http];
    const { ports } = rule;
    for (const side of sides) {
      if (ports === 'all') this.#addEverywhere(side, rule);
      else this.#addAt(side, rule, ports);
    }
  }

  #addEverywhere({ begun, rules }: Side, rule: AccessRule): void {
    rules.push(rule);
    for (const slot of begun) {
      this.#count(slot, rule);
      if (this.largest > this.#most) return;
    }
  }

  #addAt({ slots }: Side, rule: AccessRule, ports: readonly number[]): void {
    if (slots.size === 0) return;
    for (const port of ports) {
      const slot = slots.get(port);
      if (slot === undefined) continue;
      slot.rules.push(rule);
      if (slot.ways.length > 0) this.#count(slot, rule);
      if (this.largest > this.#most) return;
    }
  }

  #addService({ service, ports, kind = 0 }: ServiceStep): void {
    for (const { targetPort, protocol } of ports) {
      const side = this.#sideFor(protocol);
      const slot = side.slots.get(targetPort);
      if (slot === undefined) continue;
      const isFirst = slot.ways.length === 0;
      const ways = waysOf(slot, kind);
      ways.services += 1;
      ways.letters += service.length;
      this.#raise(kind, slot.cost.bytes + slot.cost.names * service.length);
      if (isFirst) this.#begin(side, slot);
      if (this.largest > this.#most) return;
    }
  }

  /** Counts the rules that came before the first Service of a port. */
  #begin(side: Side, slot: Slot): void {
    side.begun.push(slot);
    for (const rules of [side.rules, slot.rules]) {
      for (const rule of rules) {
        if (this.largest > this.#most) return;
        this.#count(slot, rule);
      }
    }
  }

  #count(slot: Slot, rule: AccessRule): void {
    const more: Cost = slot.cost.add(rule);
    for (const { kind, services, letters } of slot.ways)
      this.#raise(kind, services * more.bytes + letters * more.names);
  }

  #raise(kind: number, by: number): void {
    const sum = (this.#sums[kind] ?? 0) + by;
    this.#sums[kind] = sum;
    if (sum > this.largest) this.largest = sum;
  }

  #sideFor(protocol: Port['protocol']): Side {
    return isHttp(protocol) ? this.#http : this.#opaque;
  }
}

function sideOf(http: boolean): Side {
  return { http, slots: new Map(), begun: [], rules: [] };
}

function waysOf({ ways }: Slot, kind: number): Ways {
  const known = ways.find((one) => one.kind === kind);
  if (known !== undefined) return known;
  const made = { kind, services: 0, letters: 0 };
  ways.push(made);
  return made;
}
