import type { Resource, ResourceType } from '../resources/resource.ts';
import { namesInNack } from './names-in-nack.ts';

/** A resource for which the client sent a NACK, and the NACK's text. */
export interface Refusal {
  readonly resource: Resource;
  readonly message: string;
}

/**
 * Resources that clients refused. They are sent apart from others, so that the others get through
 * (docs/decisions/0024).
 */
export interface QuarantineReports {
  add(resource: Resource): unknown;
  delete(resource: Resource): unknown;
  has(resource: Resource): boolean;
}

/** The text of a NACK. */
export interface Words {
  readonly text: string;
  /** Whether the text was longer. */
  readonly isCut: boolean;
}

/** Characters kept of a NACK, and the number of refusals of one type whose own text is kept. */
const maxKept = 1_000;
const maxOwnWords = 64;
const lostWords = 'refused like many others; Weft did not keep the error message';

/** The resources of one type that one client refused, and the search for the bad resource in a refused response. */
export class Refused {
  readonly #type: ResourceType;
  readonly #suspects: QuarantineReports;
  readonly #byName = new Map<string, Refusal>();
  /** Parts of a refused response, to be sent one after another until the bad resource is found. */
  #parts: ReadonlySet<string>[] = [];
  #burden = 0;

  constructor(type: ResourceType, suspects: QuarantineReports) {
    this.#type = type;
    this.#suspects = suspects;
  }

  get byName(): ReadonlyMap<string, Refusal> {
    return this.#byName;
  }

  /** Bytes kept for the text of the client's NACKs. */
  get burden(): number {
    return this.#burden;
  }

  /** Whether the client refused this very version. */
  has({ name, version }: Resource): boolean {
    return this.#byName.get(name)?.resource.version === version;
  }

  /** Whether any of them must be sent apart from the others. */
  isAnySuspect(resources: readonly Resource[]): boolean {
    return resources.some((resource) => this.#suspects.has(resource));
  }

  /** Narrows what could be sent to what is sent next: a part of a refused response, and each suspect alone. */
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
   * Takes in the NACK of a response. Undefined when its text names no resource: the caller must then make the whole
   * response due again, and it is sent in halves.
   */
  take(changed: readonly Resource[], { text }: Words): readonly Refusal[] | undefined {
    const names = changed.map(({ name }) => name);
    const blamed = new Set(names.length === 1 ? names : namesInNack(this.#type, text, names));
    if (blamed.size === 0 && names.length > 1) {
      const middle = Math.ceil(names.length / 2);
      this.#parts.push(new Set(names.slice(middle)), new Set(names.slice(0, middle)));
      return undefined;
    }
    const refusedNow = changed.filter(({ name }) => blamed.has(name));
    const own = keep(text);
    const refusals: Refusal[] = [];
    for (const resource of refusedNow) {
      this.#suspects.add(resource);
      const message = this.#byName.size < maxOwnWords ? own : lostWords;
      this.forget(resource.name);
      this.#byName.set(resource.name, { resource, message });
      this.#burden += costIn(message);
      refusals.push({ resource, message });
    }
    return refusals;
  }

  /** The client acknowledged the resource: it is no longer a suspect. */
  accepted(resource: Resource): void {
    this.#suspects.delete(resource);
    this.forget(resource.name);
  }

  /** A refusal concerns one version. It ends when another version is offered. */
  offered(name: string, resource: Resource | undefined): void {
    const refusal = this.#byName.get(name);
    if (refusal !== undefined && refusal.resource.version !== resource?.version) this.forget(name);
  }

  forget(name: string): void {
    const refusal = this.#byName.get(name);
    if (refusal === undefined) return;
    this.#byName.delete(name);
    this.#burden -= costIn(refusal.message);
  }
}

function costIn(message: string): number {
  return message === lostWords ? 0 : message.length;
}

/** Returns a copy, because a substring keeps the whole string in memory. */
function keep(text: string): string {
  if (text.length <= maxKept) return text;
  return new TextDecoder().decode(new TextEncoder().encode(text.slice(0, maxKept)));
}
