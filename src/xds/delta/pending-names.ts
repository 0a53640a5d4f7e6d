import type { Resource } from '../resources/resource.ts';

type Resources = ReadonlyMap<string, Resource>;

/**
 * Names of one resource type that are still to be sent on one stream. The first request usually asks for everything:
 * the offered map is then kept by reference, and expanded into names only if one changes before the response is sent.
 */
export class PendingNames {
  /** Names of which the client's version may not be the offered one. */
  readonly #names = new Set<string>();
  /** Names for which the client must get an answer, whatever it holds. */
  readonly #owed = new Set<string>();
  #whole: { readonly of: Resources; readonly owed: boolean } | undefined;

  get isEmpty(): boolean {
    return this.#whole === undefined && this.#names.size === 0;
  }

  get mustSendAny(): boolean {
    return this.#owed.size > 0;
  }

  /** The map that is due as a whole, to a client that holds nothing. */
  get whole(): Resources | undefined {
    return this.#whole?.of;
  }

  get names(): Iterable<string> {
    return this.#whole?.of.keys() ?? this.#names;
  }

  /** All of `of` is due. `owed`: the client asked for it by name. */
  addWhole(of: Resources, options: { readonly owed: boolean }): void {
    this.#whole = { of, ...options };
  }

  add(name: string): void {
    this.expand();
    this.#names.add(name);
  }

  /** The next response in which this name is due answers it, even if the client has the resource. */
  forceSend(name: string): void {
    this.expand();
    this.#owed.add(name);
  }

  mustSend(name: string): boolean {
    this.expand();
    return this.#owed.has(name);
  }

  sent(name: string): void {
    this.expand();
    this.#names.delete(name);
    this.#owed.delete(name);
  }

  sentWhole(): void {
    this.#whole = undefined;
  }

  /** Turns the whole map into single names, so that each can be handled alone. */
  expand(): void {
    if (this.#whole === undefined) return;
    const { of, owed } = this.#whole;
    this.#whole = undefined;
    for (const name of of.keys()) {
      this.#names.add(name);
      if (owed) this.#owed.add(name);
    }
  }
}
