// Input: the rules of one account and the Services that lead to its pods, by age. Output: the first of
// them with which a proxy would have to hold too much. Rule: each is counted with all older ones.
import { isHttp } from '../policy/service.ts';
import { onceFor } from '../common/once-for.ts';
import type { AccessRule } from '../policy/access.ts';
import type { ServedPort } from '../policy/workload.ts';
import { type Cost, PortCost } from './inbound-cost.ts';

/** A rule, or a Service and the ports of a pod that it leads to. */
export type Step =
  { readonly rule: AccessRule } | { readonly service: string; readonly ports: readonly Port[] };

export type Port = Pick<ServedPort, 'targetPort' | 'protocol'>;

/** The index of the first step with which the sum is above `most`; undefined: it never is. */
export function firstBeyond(steps: readonly Step[], most: number): number | undefined {
  const sweep = new Sweep(most);
  const at = steps.findIndex((step) => {
    sweep.add(step);
    return sweep.sum > most;
  });
  return at < 0 ? undefined : at;
}

/** Bytes, about, that a proxy holds for all of them. */
export function costOf(steps: readonly Step[]): number {
  const sweep = new Sweep(Infinity);
  for (const step of steps) sweep.add(step);
  return sweep.sum;
}

interface Slot {
  readonly port: Port;
  readonly cost: PortCost;
  services: number;
  /** The lengths of their names together. */
  letters: number;
}

/** Ends each count as soon as the sum is above the bound, so it takes no more time than the bound allows. */
class Sweep {
  readonly #most: number;
  readonly #slots = new Map<string, Slot>();
  readonly #rules: AccessRule[] = [];
  sum = 0;

  constructor(most: number) {
    this.#most = most;
  }

  add(step: Step): void {
    if ('rule' in step) this.#addRule(step.rule);
    else this.#addService(step.service, step.ports);
  }

  #addRule(rule: AccessRule): void {
    this.#rules.push(rule);
    for (const slot of this.#slots.values()) {
      this.#count(slot, rule);
      if (this.sum > this.#most) return;
    }
  }

  #addService(name: string, ports: readonly Port[]): void {
    for (const port of ports) {
      const slot = this.#slotOf(port);
      slot.services += 1;
      slot.letters += name.length;
      this.sum += slot.cost.bytes + slot.cost.names * name.length;
      // The first Service of a port brings the rules that were there before it.
      if (slot.services === 1) this.#replay(slot);
      if (this.sum > this.#most) return;
    }
  }

  #replay(slot: Slot): void {
    for (const rule of this.#rules) {
      this.#count(slot, rule);
      if (this.sum > this.#most) return;
    }
  }

  #count(slot: Slot, rule: AccessRule): void {
    if (!holds(rule, slot.port.targetPort)) return;
    const more: Cost = slot.cost.add(rule);
    this.sum += slot.services * more.bytes + slot.letters * more.names;
  }

  #slotOf(port: Port): Slot {
    const key = `${port.targetPort} ${port.protocol}`;
    const known = this.#slots.get(key);
    if (known !== undefined) return known;
    const cost = new PortCost(isHttp(port.protocol));
    const slot = { port, cost, services: 0, letters: 0 };
    this.#slots.set(key, slot);
    return slot;
  }
}

const setOf = onceFor((ports: readonly number[]): ReadonlySet<number> => new Set(ports));

function holds({ ports }: AccessRule, port: number): boolean {
  return ports === 'all' || setOf(ports).has(port);
}
