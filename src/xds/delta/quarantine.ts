import type { Resource } from '../resources/resource.ts';
import type { QuarantineReports } from './refused.ts';

/** The number of identities that must refuse a resource before others quarantine it: a single one may be faulty. */
const enough = 2;

/** Which identities refused a resource, over all streams (docs/decisions/0024). */
export class SharedQuarantine {
  readonly #refusers = new WeakMap<Resource, Set<string>>();

  /** The same, as the streams of one identity read and change it. */
  reportsFor(identity: string): QuarantineReports {
    return new OfIdentity(this.#refusers, identity);
  }
}

class OfIdentity implements QuarantineReports {
  readonly #refusers: WeakMap<Resource, Set<string>>;
  readonly #identity: string;

  constructor(refusers: WeakMap<Resource, Set<string>>, identity: string) {
    this.#refusers = refusers;
    this.#identity = identity;
  }

  add(resource: Resource): void {
    const known = this.#refusers.get(resource);
    if (known === undefined) this.#refusers.set(resource, new Set([this.#identity]));
    else if (known.size < enough) known.add(this.#identity);
  }

  delete(resource: Resource): void {
    this.#refusers.delete(resource);
  }

  has(resource: Resource): boolean {
    return (this.#refusers.get(resource)?.size ?? 0) >= enough;
  }
}
