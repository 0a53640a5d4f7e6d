import { createHash } from 'node:crypto';
import type { KubernetesObject } from '../api/core.ts';
import { kinds } from '../api/kinds.ts';
import type { Clock } from '../common/clock.ts';
import type { Triggered } from '../common/component.ts';
import { WeftError } from '../common/errors.ts';
import type { Logger } from '../common/logger.ts';
import { Wakeup } from '../common/wakeup.ts';
import { TokenBucket } from '../common/token-bucket.ts';
import type { ApiClient } from '../kubernetes/api-client.ts';
import { eventObject, type Occurrence, type Reporter } from '../kubernetes/event-object.ts';
import { microTime } from '../kubernetes/micro-time.ts';
import type { Diagnostic } from '../policy/diagnostic.ts';
import { FairQueue } from './fair-queue.ts';

export interface ObjectEventsDeps extends Reporter {
  readonly client: Pick<ApiClient, 'create' | 'merge'>;
  readonly clock: Clock;
  readonly logger: Logger;
  /** The diagnostics on objects on which Weft writes no status. The same list while nothing changed. */
  readonly diagnostics: () => readonly Diagnostic[];
  /** The object as the cache has it; undefined when it is gone. */
  readonly find: (diagnostic: Diagnostic) => KubernetesObject | undefined;
}

/** Events expire after an hour by default, so they are renewed before that. */
export const renewMs = 1_800_000;
/** The pace of all writes: one per `writeIntervalMs` in the long run, after a burst of `burst`. */
const writeIntervalMs = 200;
const burst = 25;
/** The most diagnostics of one namespace that get Events, the first by name: as many as can be renewed in time. */
const maxPerNamespace = 500;

interface EventState {
  readonly namespace: string;
  /** The uid of the object: a new object of the same name gets new Events. */
  readonly uid: string;
  count: number;
  /** When the Event is to be written again. */
  dueAt: number;
}

/**
 * Writes Events about diagnostics on the objects themselves, and renews them while the diagnostics last; notes only
 * once (docs/decisions/0108). Leader only. Namespaces take turns, so that a namespace with many broken objects delays
 * only its own Events. The name of an Event follows from its content, so a new leader continues the same Event.
 */
export class ObjectEvents implements Triggered {
  readonly name = 'object-events';
  readonly leaderOnly = true;
  readonly #deps: ObjectEventsDeps;
  readonly #wakeup = new Wakeup();
  #states = new Map<string, EventState>();
  /** When each namespace was last served: the one that waited longest comes first. */
  readonly #servedAt = new Map<string, number>();
  #queue: FairQueue | undefined;
  #last: readonly Diagnostic[] | undefined;
  /**
   * Set by `trigger`: since the last look an object may have been recreated, although the list of diagnostics is the
   * same.
   */
  #triggered = false;
  #wanted: ReadonlyMap<string, Diagnostic> = new Map();
  readonly #bucket: TokenBucket;

  constructor(deps: ObjectEventsDeps) {
    this.#deps = deps;
    this.#bucket = new TokenBucket(deps.clock, { burst, intervalMs: writeIntervalMs });
  }

  /** Diagnostics may have changed. */
  trigger(): void {
    this.#triggered = true;
    this.#wakeup.wake();
  }

  async run(signal: AbortSignal): Promise<void> {
    this.#states = new Map();
    this.#last = undefined;
    while (!signal.aborted) {
      const { clock } = this.#deps;
      this.#follow();
      const next = this.#nextDue();
      const key = next.take();
      if (key === undefined) {
        await this.#wakeup.wait(this.#untilDue(), clock, signal);
      } else if (this.#bucket.take()) await this.#write(key, signal);
      else await clock.sleep(writeIntervalMs, signal).catch(() => undefined);
    }
  }

  /** Takes over the current diagnostics. A diagnostic that is gone gets no more Events, and its Event expires. */
  #follow(): void {
    const diagnostics = this.#deps.diagnostics();
    const triggered = this.#triggered;
    this.#triggered = false;
    if (diagnostics === this.#last && !(triggered && this.#isAboutOthers())) return;
    this.#last = diagnostics;
    this.#take(firstOfEach(diagnostics));
    const namespaces = new Set(diagnostics.map(({ object }) => object.namespace));
    for (const namespace of this.#servedAt.keys())
      if (!namespaces.has(namespace)) this.#servedAt.delete(namespace);
    this.#queue = undefined;
  }

  #take(wanted: readonly Diagnostic[]): void {
    const now = this.#deps.clock.now();
    const [diagnostics, states] = [new Map<string, Diagnostic>(), new Map<string, EventState>()];
    for (const diagnostic of wanted) {
      const { namespace } = diagnostic.object;
      const uid = this.#uidOf(diagnostic);
      const key = JSON.stringify([wordsOf(diagnostic), uid]);
      diagnostics.set(key, diagnostic);
      states.set(key, this.#states.get(key) ?? { namespace, uid, count: 0, dueAt: now });
    }
    this.#wanted = diagnostics;
    this.#states = states;
  }

  /** Whether the uid of one of the objects changed: it is gone, or recreated under the same name. */
  #isAboutOthers(): boolean {
    for (const [key, diagnostic] of this.#wanted)
      if (this.#uidOf(diagnostic) !== this.#states.get(key)?.uid) return true;
    return false;
  }

  #uidOf(diagnostic: Diagnostic): string {
    return this.#deps.find(diagnostic)?.metadata.uid ?? '';
  }

  /** The Events that are due, with namespaces taking turns. Computed again only when the last ones are written. */
  #nextDue(): FairQueue {
    if (this.#queue !== undefined && this.#queue.size > 0) return this.#queue;
    const now = this.#deps.clock.now();
    const queue = new FairQueue();
    const due = [...this.#states].filter(([, { dueAt }]) => dueAt <= now);
    const served = (namespace: string): number => this.#servedAt.get(namespace) ?? 0;
    due.sort(([, a], [, b]) => served(a.namespace) - served(b.namespace));
    for (const [key, { namespace }] of due) queue.add(namespace, key);
    this.#queue = queue;
    return queue;
  }

  #untilDue(): number {
    const now = this.#deps.clock.now();
    let soonest = renewMs;
    for (const { dueAt } of this.#states.values()) soonest = Math.min(soonest, dueAt - now);
    return Math.max(soonest, writeIntervalMs);
  }

  async #write(key: string, signal: AbortSignal): Promise<void> {
    const [diagnostic, state] = [this.#wanted.get(key), this.#states.get(key)];
    if (diagnostic === undefined || state === undefined) return;
    const { clock, find, logger } = this.#deps;
    state.dueAt = isWrittenOnce(diagnostic) ? never : clock.now() + renewMs;
    this.#servedAt.set(state.namespace, clock.now());
    const regarding = find(diagnostic);
    // A new object of that name is not compiled yet: it gets its Events after the compile.
    if (regarding === undefined || (regarding.metadata.uid ?? '') !== state.uid) return;
    state.count += 1;
    try {
      await this.#writeEvent({ regarding, diagnostic, count: state.count }, signal);
    } catch (error) {
      if (signal.aborted) return;
      state.dueAt = clock.now() + retryMs;
      const { code } = WeftError.from(error);
      logger.warn('an event could not be written', { reason: diagnostic.code, code, error });
    }
  }

  /** Creates the Event, or updates its series if it exists. */
  async #writeEvent(
    { regarding, diagnostic, count }: EventToWrite,
    signal: AbortSignal,
  ): Promise<void> {
    const { client, clock } = this.#deps;
    const occurrence = occurrenceOf(regarding, diagnostic);
    const suffix = suffixOf(diagnostic, regarding);
    const object = eventObject(occurrence, this.#deps, { now: clock.now(), suffix });
    const { name, namespace = 'default' } = object.metadata;
    try {
      await client.create(kinds.event, object, signal);
    } catch (error) {
      if (WeftError.from(error).code !== 'api-conflict') throw error;
      if (isWrittenOnce(diagnostic)) return;
      const series = { count: Math.max(2, count), lastObservedTime: microTime(clock.now()) };
      await client.merge({ kind: kinds.event, namespace, name }, { value: { series } }, signal);
    }
  }
}

interface EventToWrite {
  readonly regarding: KubernetesObject;
  readonly diagnostic: Diagnostic;
  readonly count: number;
}

const retryMs = 30_000;
const never = Number.POSITIVE_INFINITY;

/** A note describes a state that is intended and lasts: each leader writes it once and does not renew it. */
function isWrittenOnce({ severity }: Diagnostic): boolean {
  return severity === 'note';
}

/** The content of a diagnostic with the name of its object, as text. */
function wordsOf({ object, code, message }: Diagnostic): string {
  return JSON.stringify([object.kind, object.namespace, object.name, code, message]);
}

/** The first `maxPerNamespace` diagnostics of each namespace; diagnostics come sorted by object. */
function firstOfEach(diagnostics: readonly Diagnostic[]): readonly Diagnostic[] {
  const counts = new Map<string, number>();
  return diagnostics.filter(({ object: { namespace } }) => {
    const count = counts.get(namespace) ?? 0;
    counts.set(namespace, count + 1);
    return count < maxPerNamespace;
  });
}

/** The suffix of the Event's name: the same for the same content about the same object, whichever replica leads. */
function suffixOf(diagnostic: Diagnostic, { metadata }: KubernetesObject): string {
  const hash = createHash('sha256')
    .update(wordsOf(diagnostic))
    .update(metadata.uid ?? '');
  return hash.digest('hex').slice(0, 16);
}

function occurrenceOf(regarding: KubernetesObject, diagnostic: Diagnostic): Occurrence {
  return {
    regarding,
    type: diagnostic.severity === 'note' ? 'Normal' : 'Warning',
    reason: diagnostic.code,
    note: diagnostic.message,
    action: 'Compile',
  };
}
