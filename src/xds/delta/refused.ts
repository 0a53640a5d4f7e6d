import type { Resource, ResourceType } from '../resources/resource.ts';
import { blame } from './blame.ts';

/** A resource that the client refused, and its words. */
export interface Refusal {
  readonly resource: Resource;
  readonly message: string;
}

/** Resources that some client refused: sent apart from others, so that these others get through. */
export type Suspects = Pick<WeakSet<Resource>, 'add' | 'delete' | 'has'>;

/** What one client refused of one type, and the search for what is bad in a refused response. */
export class Refused {
  readonly #type: ResourceType;
  readonly #suspects: Suspects;
  readonly #byName = new Map<string, Refusal>();
  /** Parts of a refused response, to be tried one after another until the bad resource is found. */
  #parts: ReadonlySet<string>[] = [];

  constructor(type: ResourceType, suspects: Suspects) {
    this.#type = type;
    this.#suspects = suspects;
  }

  get byName(): ReadonlyMap<string, Refusal> {
    return this.#byName;
  }

  /** Whether the client refused this very version. */
  has({ name, version }: Resource): boolean {
    return this.#byName.get(name)?.resource.version === version;
  }

  /** Whether one of them may not go out with others. */
  isAnySuspect(resources: readonly Resource[]): boolean {
    return resources.some((resource) => this.#suspects.has(resource));
  }

  /** Narrows what could be sent to what is sent next: parts of a refused response, suspects alone. */
  narrow(changed: readonly Resource[]): readonly Resource[] {
    for (let part = this.#parts.pop(); part !== undefined; part = this.#parts.pop()) {
      const names = part;
      const inPart = changed.filter(({ name }) => names.has(name));
      if (inPart.length > 0) return inPart;
    }
    if (changed.length < 2) return changed;
    const clean = changed.filter((resource) => !this.#suspects.has(resource));
    return clean.length > 0 ? clean : changed.slice(0, 1);
  }

  /**
   * Takes in the refusal of a response. Undefined when its words name nobody: the caller has to make
   * all of it due again, and it goes out in halves.
   */
  take(changed: readonly Resource[], message: string): readonly Refusal[] | undefined {
    const names = changed.map(({ name }) => name);
    const blamed = new Set(names.length === 1 ? names : blame(this.#type, message, names));
    if (blamed.size === 0 && names.length > 1) {
      const middle = Math.ceil(names.length / 2);
      this.#parts.push(new Set(names.slice(middle)), new Set(names.slice(0, middle)));
      return undefined;
    }
    const guilty = changed.filter(({ name }) => blamed.has(name));
    const refusals = guilty.map((resource) => ({ resource, message }));
    for (const refusal of refusals) {
      this.#suspects.add(refusal.resource);
      this.#byName.set(refusal.resource.name, refusal);
    }
    return refusals;
  }

  /** The client took it: nobody is to suspect it any more. */
  accepted(resource: Resource): void {
    this.#suspects.delete(resource);
    this.#byName.delete(resource.name);
  }

  /** A refusal is about one version; with another one on offer it is over. */
  offered(name: string, resource: Resource | undefined): void {
    const refusal = this.#byName.get(name);
    if (refusal !== undefined && refusal.resource.version !== resource?.version)
      this.#byName.delete(name);
  }

  forget(name: string): void {
    this.#byName.delete(name);
  }
}
