import type { Resource } from '../resources/resource.ts';

type Resources = ReadonlyMap<string, Resource>;

const nothing: Resources = new Map();

/**
 * Versions by name, as one client acknowledged them. A client in sync holds just what it is offered, like others with
 * the same offer. So the offered map is kept by reference, and only differences are stored for the client.
 */
export class AckedVersions {
  #shared: Resources = nothing;
  /** Where the client differs from `#shared`; undefined for a name that it does not hold. */
  #own: Map<string, string | undefined> | undefined;
  #size = 0;

  get isEmpty(): boolean {
    return this.#size === 0;
  }

  has(name: string): boolean {
    return this.version(name) !== undefined;
  }

  version(name: string): string | undefined {
    if (this.#own?.has(name) === true) return this.#own.get(name);
    return this.#shared.get(name)?.version;
  }

  set(name: string, version: string): void {
    this.#put(name, version);
  }

  delete(name: string): void {
    this.#put(name, undefined);
  }

  *names(): Generator<string> {
    for (const name of this.#shared.keys()) if (this.#own?.has(name) !== true) yield name;
    for (const [name, version] of this.#own ?? []) if (version !== undefined) yield name;
  }

  /**
   * Replaces what is stored by a reference to `offered`, if the client holds all of it. Call it when each held name is
   * known to be offered in the same version. Returns whether it did.
   */
  compact(offered: Resources): boolean {
    if (this.#size !== offered.size) return false;
    this.#shared = offered;
    this.#own = undefined;
    return true;
  }

  /** From now on the client holds all of `resources` and nothing else. */
  replaceAll(resources: Resources): void {
    this.#shared = resources;
    this.#own = undefined;
    this.#size = resources.size;
  }

  #put(name: string, version: string | undefined): void {
    const before = this.version(name);
    if (before === version) return;
    if (before === undefined) this.#size += 1;
    if (version === undefined) this.#size -= 1;
    this.#own ??= new Map();
    if (this.#shared.get(name)?.version === version) this.#own.delete(name);
    else this.#own.set(name, version);
  }
}
