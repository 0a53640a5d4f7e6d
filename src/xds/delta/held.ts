import type { Resource } from '../resources/resource.ts';

type Resources = ReadonlyMap<string, Resource>;

const nothing: Resources = new Map();

/**
 * Versions by name, as one client acknowledged them. A client in sync holds just what it is offered,
 * as do others like it, so the offered map stands for it and only differences are the client's own.
 */
export class Held {
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
   * Takes `offered` for what is held, if it is all of that: to be called when each name that is held
   * is known to be offered in the same version. Tells whether it did.
   */
  settle(offered: Resources): boolean {
    if (this.#size !== offered.size) return false;
    this.#shared = offered;
    this.#own = undefined;
    return true;
  }

  /** Holds all of `resources` from now on and nothing else. */
  become(resources: Resources): void {
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
