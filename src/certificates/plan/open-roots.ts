import { untilAborted } from '../../common/aborted.ts';
import type { Logger } from '../../common/logger.ts';
import type { Issuer, RunningIssuer } from '../issuer.ts';
import type { NamedRoot } from '../issuing-plan.ts';
import { Listeners } from '../../common/listeners.ts';

export type OpenIssuer = (root: NamedRoot) => RunningIssuer;

interface Opened {
  readonly issuer: RunningIssuer;
  readonly definition: string;
  readonly stop: AbortController;
  readonly stopListening: () => void;
}

/**
 * The open issuers, by the names of their roots. When a definition changes, the old issuer stays until the new one
 * knows its authority, so a lookup never finds none.
 */
export class OpenRoots {
  readonly #open: OpenIssuer;
  readonly #logger: Logger;
  readonly #current = new Map<string, Opened>();
  readonly #next = new Map<string, Opened>();
  readonly #listeners: Listeners<undefined>;
  readonly #tasks = new Set<Promise<void>>();
  #signal: AbortSignal | undefined;

  constructor(open: OpenIssuer, logger: Logger) {
    this.#open = open;
    this.#logger = logger;
    this.#listeners = new Listeners(logger);
  }

  forRoot(name: string): Issuer | undefined {
    return this.#current.get(name)?.issuer;
  }

  /** Calls back after each change of an open issuer. Returns a function that stops this. */
  onChange(callback: () => void): () => void {
    return this.#listeners.add(callback);
  }

  /** Opens issuers of new roots and closes issuers of roots that are not in `roots`. */
  keep(roots: readonly NamedRoot[]): void {
    const wanted = new Map(roots.map((root) => [root.name, root]));
    for (const opened of [this.#current, this.#next])
      for (const [name, one] of opened) if (!wanted.has(name)) this.#close(opened, name, one);
    for (const root of wanted.values()) this.#ensure(root);
  }

  /** Runs the open issuers until the signal aborts and all of them have ended. */
  async run(signal: AbortSignal): Promise<void> {
    this.#signal = signal;
    for (const opened of [...this.#current.values(), ...this.#next.values()]) this.#start(opened);
    await untilAborted(signal);
    await Promise.allSettled(this.#tasks);
  }

  #ensure(root: NamedRoot): void {
    const definition = JSON.stringify([root.root, root.pinned]);
    const newest = this.#next.get(root.name) ?? this.#current.get(root.name);
    if (newest?.definition === definition) return;
    const waiting = this.#next.get(root.name);
    if (waiting !== undefined) this.#close(this.#next, root.name, waiting);
    const issuer = this.#open(root);
    const stopListening = issuer.onChange(() => {
      this.#promote(root.name);
      this.#listeners.notify(undefined);
    });
    const opened = { issuer, definition, stop: new AbortController(), stopListening };
    this.#next.set(root.name, opened);
    if (!this.#current.has(root.name)) this.#replace(root.name, opened);
    this.#start(opened);
  }

  #promote(name: string): void {
    const next = this.#next.get(name);
    if (next?.issuer.authority() !== undefined) this.#replace(name, next);
  }

  #replace(name: string, next: Opened): void {
    const before = this.#current.get(name);
    this.#next.delete(name);
    this.#current.set(name, next);
    if (before !== undefined) this.#end(before);
  }

  #close(opened: Map<string, Opened>, name: string, one: Opened): void {
    opened.delete(name);
    this.#end(one);
  }

  #end({ stop, stopListening }: Opened): void {
    stopListening();
    stop.abort();
  }

  #start({ issuer, stop }: Opened): void {
    if (this.#signal === undefined) return;
    const signal = AbortSignal.any([this.#signal, stop.signal]);
    const task = issuer
      .run(signal)
      .catch((error: unknown) => {
        if (!signal.aborted) this.#logger.error('issuer ended', { error });
      })
      .finally(() => this.#tasks.delete(task));
    this.#tasks.add(task);
  }
}
