import type { ConfigMap, Namespace, OwnerReference } from '../api/core.ts';
import {
  bootstrapConfigMap,
  madeByControlPlane,
  meshLabel,
  controlPlaneName,
} from '../api/control-plane-names.ts';
import { kinds } from '../api/kinds.ts';
import type { Clock } from '../common/clock.ts';
import type { Triggered } from '../common/component.ts';
import { deepEqual } from '../common/equal.ts';
import { WeftError } from '../common/errors.ts';
import type { Logger } from '../common/logger.ts';
import { ChangeSource } from '../common/topic.ts';
import { Wakeup } from '../common/wakeup.ts';
import { bootstrapFileNames } from '../envoy/bootstrap.ts';
import type { ApiClient } from '../kubernetes/api-client.ts';

export interface BootstrapPublisherDeps {
  readonly client: ApiClient;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly meshName: () => string;
  /** The owner references of each ConfigMap. */
  readonly owners: () => readonly OwnerReference[];
  /** The namespaces of the mesh, by name. */
  readonly namespaces: () => readonly Namespace[];
  /** The files of the bootstrap with the trust bundle; undefined until there is a trust bundle. */
  readonly files: () => Readonly<Record<string, string>> | undefined;
  /** The bootstrap ConfigMaps that exist now, in any namespace. */
  readonly existing: () => readonly ConfigMap[];
}

/** A namespace in which the API server refuses the bootstrap, and its reason. */
interface Unserved {
  readonly namespace: string;
  readonly reason: string;
}

/** Which roots the bootstraps hold. */
export interface HeldBootstraps {
  /** When the last namespace got these roots, as far as this leader saw; ms since the epoch. */
  readonly since: number;
  /** Namespaces in which the API server refuses the bootstrap; all others have these roots. */
  readonly unserved: readonly Unserved[];
}

type Files = Readonly<Record<string, string>>;
type Held = HeldBootstraps & { readonly trust: string };

const resyncMs = 30_000;
const retryMs = 1_000;
const retryUnservedMs = 5_000;
const longestReason = 300;

/**
 * Keeps the bootstrap ConfigMap in every namespace of the mesh, and removes the ConfigMaps that it created from
 * namespaces that left (docs/decisions/0097). A namespace in which the API server refuses it delays no other namespace;
 * `held` names it. Leader only. Sidecars follow a change of the trust bundle through the mounted file.
 */
export class BootstrapPublisher extends ChangeSource implements Triggered {
  readonly name = 'bootstrap-publisher';
  readonly leaderOnly = true;
  readonly #deps: BootstrapPublisherDeps;
  readonly #wakeup = new Wakeup();
  #held: Held | undefined;

  constructor(deps: BootstrapPublisherDeps) {
    super(deps.logger);
    this.#deps = deps;
  }

  trigger(): void {
    this.#wakeup.wake();
  }

  /**
   * Which namespaces have these roots, and since when; undefined while that is not known of every namespace. Followers
   * hear when it changes.
   */
  held(trust: string): HeldBootstraps | undefined {
    return this.#held?.trust === trust ? this.#held : undefined;
  }

  run(signal: AbortSignal): Promise<void> {
    return this.#wakeup.repeat(() => this.#keepAll(signal), this.#deps.clock, signal);
  }

  /** Applies and removes ConfigMaps once; resolves to the milliseconds until the next run. */
  async #keepAll(signal: AbortSignal): Promise<number> {
    const files = this.#deps.files();
    if (files === undefined) return resyncMs;
    const existing = new Map(this.#deps.existing().map((c) => [c.metadata.namespace, c]));
    const wanted = this.#deps
      .namespaces()
      .filter((n) => n.metadata.deletionTimestamp === undefined)
      .map((n) => n.metadata.name);
    const places = wanted.map((namespace) => {
      return { namespace, files, there: existing.get(namespace) };
    });
    const failures = await this.#serveAll(places, signal);
    await this.#leave(new Set(wanted), signal);
    const unserved = failures
      .filter(({ error }) => error.code === 'api-rejected')
      .map(({ namespace, error }) => ({
        namespace,
        reason: error.message.slice(0, longestReason),
      }));
    const isWhole = unserved.length === failures.length;
    this.#note(isWhole ? { trust: files[bootstrapFileNames.trust] ?? '', unserved } : undefined);
    if (!isWhole) return retryMs;
    return unserved.length > 0 ? retryUnservedMs : resyncMs;
  }

  async #serveAll(places: readonly Place[], signal: AbortSignal): Promise<readonly Failed[]> {
    const failures: Failed[] = [];
    for (const place of places) {
      const { namespace, files, there } = place;
      if (there !== undefined && this.#isKept(there, files)) continue;
      const error = await this.#serve(place, signal);
      if (error !== undefined) failures.push({ namespace, error });
    }
    return failures;
  }

  /** Removes its ConfigMaps from namespaces that left the mesh. A failed removal is tried again in the next run. */
  async #leave(wanted: ReadonlySet<string | undefined>, signal: AbortSignal): Promise<void> {
    const left = this.#deps
      .existing()
      .filter((one) => !wanted.has(one.metadata.namespace) && this.#isOurs(one));
    for (const one of left) await this.#remove(one, signal);
  }

  #isKept(existing: ConfigMap, files: Files): boolean {
    const { data = {} } = existing;
    const same = Object.entries(files).every(([name, text]) => data[name] === text);
    return same && this.#isOurs(existing);
  }

  /**
   * Whether the control plane made it for this mesh: a user's ConfigMap of that name, or another mesh's, is not ours.
   */
  #isOurs({ metadata: { labels = {} } }: ConfigMap): boolean {
    const { label, value } = madeByControlPlane;
    return labels[label] === value && labels[meshLabel] === this.#deps.meshName();
  }

  #note(now: Omit<Held, 'since'> | undefined): void {
    const { clock, logger } = this.#deps;
    const before = this.#held;
    this.#held = now && heldSince(before, now, clock.now());
    if (deepEqual(this.#held, before)) return;
    const known = before?.unserved ?? [];
    for (const one of now?.unserved ?? [])
      if (!known.some((other) => deepEqual(other, one)))
        logger.warn('namespace refuses the bootstrap config map', { ...one });
    this.notify();
  }

  /**
   * Applies the ConfigMap; undefined on success. If the API server rejects the change, as for an immutable ConfigMap,
   * deletes the old one and creates it again.
   */
  async #serve({ namespace, files, there }: Place, signal: AbortSignal): Promise<Failure> {
    const failure = await this.#apply(namespace, files, signal);
    if (failure?.code !== 'api-rejected' || there === undefined) return failure;
    if (!(await this.#remove(there, signal))) return failure;
    return this.#apply(namespace, files, signal);
  }

  async #apply(namespace: string, files: Files, signal: AbortSignal): Promise<Failure> {
    const { client, logger } = this.#deps;
    const object = this.#configMap(namespace, files);
    try {
      await client.apply(
        kinds.configMap,
        object,
        { fieldManager: controlPlaneName, force: true },
        signal,
      );
      return undefined;
    } catch (thrown) {
      const error = WeftError.from(thrown);
      logger.debug('bootstrap config map not applied', { namespace, error });
      return error;
    }
  }

  /** Removes this very object, by uid; returns whether it is gone. */
  async #remove({ metadata }: ConfigMap, signal: AbortSignal): Promise<boolean> {
    const { client, logger } = this.#deps;
    const { namespace = '', uid } = metadata;
    const ref = { kind: kinds.configMap, namespace, name: bootstrapConfigMap };
    try {
      await client.remove(ref, uid === undefined ? {} : { uid }, signal);
      return true;
    } catch (error) {
      logger.warn('bootstrap config map not removed', { namespace, error });
      return false;
    }
  }

  #configMap(namespace: string, data: Files): ConfigMap {
    return {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: {
        name: bootstrapConfigMap,
        namespace,
        labels: {
          [madeByControlPlane.label]: madeByControlPlane.value,
          [meshLabel]: this.#deps.meshName(),
        },
        ownerReferences: this.#deps.owners(),
      },
      data,
    };
  }
}

interface Place {
  readonly namespace: string;
  readonly files: Files;
  /** The existing ConfigMap. */
  readonly there: ConfigMap | undefined;
}

type Failure = WeftError | undefined;

interface Failed {
  readonly namespace: string;
  readonly error: WeftError;
}

/** `since` starts again when a namespace got the roots only now: its pods have them from now on. */
function heldSince(before: Held | undefined, after: Omit<Held, 'since'>, now: number): Held {
  const refuses = new Set(after.unserved.map(({ namespace }) => namespace));
  const isServedNow = before?.unserved.some(({ namespace }) => !refuses.has(namespace)) === true;
  const goesOn = before?.trust === after.trust && !isServedNow;
  return { ...after, since: goesOn ? before.since : now };
}
