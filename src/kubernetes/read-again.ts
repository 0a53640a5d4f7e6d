import type { KubernetesObject } from '../api/core.ts';
import { type Kind, apiVersionOf } from '../api/kinds.ts';
import type { Clock } from '../common/clock.ts';
import { WeftError } from '../common/errors.ts';
import type { Logger } from '../common/logger.ts';
import { Wakeup } from '../common/wakeup.ts';
import { objectPath } from './api-path.ts';
import type { StoreKey } from './store.ts';

const idleMs = 60_000;
const retryMs = 2_000;

export interface ReadAgainDeps {
  /** GETs a path and gives its parsed JSON. */
  readonly get: (path: string, signal: AbortSignal) => Promise<unknown>;
  readonly kind: Kind;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Reads single objects again, one after another: objects that were left out and for which there is room now. */
export class ReadAgain {
  readonly #deps: ReadAgainDeps;
  readonly #take: (object: KubernetesObject) => void;
  readonly #keys = new Set<StoreKey>();
  readonly #wakeup = new Wakeup();

  constructor(deps: ReadAgainDeps, take: (object: KubernetesObject) => void) {
    this.#deps = deps;
    this.#take = take;
  }

  add(key: StoreKey): void {
    this.#keys.add(key);
    this.#wakeup.wake();
  }

  remove(key: StoreKey): void {
    this.#keys.delete(key);
  }

  async run(signal: AbortSignal): Promise<void> {
    const { clock } = this.#deps;
    while (!signal.aborted) {
      const [key] = this.#keys;
      if (key === undefined) await this.#wakeup.wait(idleMs, clock, signal);
      else if (!(await this.#read(key, signal)))
        await clock.sleep(retryMs, signal).catch(() => undefined);
    }
  }

  /** False when the read has to be tried again. */
  async #read(key: StoreKey, signal: AbortSignal): Promise<boolean> {
    const { get, kind, log } = this.#deps;
    this.#keys.delete(key);
    const [first = '', second] = key.split('/');
    const where = second === undefined ? { name: first } : { namespace: first, name: second };
    try {
      const object = (await get(objectPath({ kind, ...where }), signal)) as KubernetesObject;
      this.#take({ ...object, apiVersion: apiVersionOf(kind), kind: kind.kind });
      return true;
    } catch (error) {
      const { code } = WeftError.from(error);
      // The watch reports that the object is gone.
      if (signal.aborted || code === 'api-not-found') return true;
      log.debug('an object could not be read again', { object: key, code, error });
      this.#keys.add(key);
      return false;
    }
  }
}
