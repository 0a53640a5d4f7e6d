import type { ConfigMap, Namespace } from '../api/core.ts';
import { bootstrapConfigMap, madeByControlPlane, meshLabel } from '../api/control-plane-names.ts';
import { kinds } from '../api/kinds.ts';
import type { Clock } from '../common/clock.ts';
import type { Component } from '../common/component.ts';
import type { Logger } from '../common/logger.ts';
import { Wakeup } from '../common/wakeup.ts';
import { bootstrapFileNames } from '../envoy/bootstrap.ts';
import type { ApiClient } from '../kubernetes/api-client.ts';
import { fieldManager } from './status-writer.ts';

export interface BootstrapKeeperDeps {
  readonly client: ApiClient;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly meshName: () => string;
  /** The namespaces of the mesh, by name. */
  readonly namespaces: () => readonly Namespace[];
  /** The files of the bootstrap with the trust bundle; undefined until there is a trust bundle. */
  readonly files: () => Readonly<Record<string, string>> | undefined;
  /** The ConfigMaps of that name there are now, in any namespace. */
  readonly existing: () => readonly ConfigMap[];
  /** Called when every namespace has the roots, and when that is so no more. */
  readonly onHeld: () => void;
}

const resyncMs = 30_000;
const retryMs = 1000;

function holds(existing: ConfigMap | undefined, files: Readonly<Record<string, string>>): boolean {
  const data = existing?.data;
  if (data === undefined) return false;
  return Object.entries(files).every(([name, text]) => data[name] === text);
}

/**
 * Keeps the bootstrap ConfigMap in every namespace of the mesh, and removes it from those that left.
 * Leader only. Sidecars follow a change of the trust bundle through the mounted file.
 */
export class BootstrapKeeper implements Component {
  readonly name = 'bootstrap-keeper';
  readonly leaderOnly = true;
  readonly #deps: BootstrapKeeperDeps;
  readonly #wakeup = new Wakeup();
  #held: { readonly trust: string | undefined; readonly since: number } | undefined;

  constructor(deps: BootstrapKeeperDeps) {
    this.#deps = deps;
  }

  trigger(): void {
    this.#wakeup.wake();
  }

  /** Since when every namespace has had these roots, as far as this leader saw; ms since the epoch. */
  heldSince(trust: string): number | undefined {
    return this.#held?.trust === trust ? this.#held.since : undefined;
  }

  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const whole = await this.#keepAll(signal);
      await this.#wakeup.wait(whole ? resyncMs : retryMs, this.#deps.clock, signal);
    }
  }

  async #keepAll(signal: AbortSignal): Promise<boolean> {
    const files = this.#deps.files();
    if (files === undefined) return true;
    const existing = new Map(this.#deps.existing().map((c) => [c.metadata.namespace, c]));
    const wanted = this.#deps
      .namespaces()
      .filter((n) => n.metadata.deletionTimestamp === undefined);
    const names = new Set<string | undefined>(wanted.map((n) => n.metadata.name));
    let whole = true;
    for (const namespace of wanted) {
      if (holds(existing.get(namespace.metadata.name), files)) continue;
      whole = (await this.#attempt('apply', namespace.metadata.name, { files, signal })) && whole;
    }
    for (const namespace of existing.keys()) {
      if (namespace === undefined || names.has(namespace)) continue;
      whole = (await this.#attempt('remove', namespace, { files, signal })) && whole;
    }
    this.#note(whole ? files[bootstrapFileNames.trust] : undefined);
    return whole;
  }

  #note(trust: string | undefined): void {
    if (this.#held?.trust === trust) return;
    this.#held = trust === undefined ? undefined : { trust, since: this.#deps.clock.now() };
    this.#deps.onHeld();
  }

  async #attempt(
    verb: 'apply' | 'remove',
    namespace: string,
    { files, signal }: { files: Readonly<Record<string, string>>; signal: AbortSignal },
  ): Promise<boolean> {
    const { client, logger } = this.#deps;
    try {
      if (verb === 'remove') {
        const ref = { kind: kinds.configMap, namespace, name: bootstrapConfigMap };
        await client.remove(ref, {}, signal);
      } else {
        const object = this.#configMap(namespace, files);
        await client.apply(kinds.configMap, object, { fieldManager, force: true }, signal);
      }
      return true;
    } catch (error) {
      logger.warn('bootstrap config map not kept', { verb, namespace, error });
      return false;
    }
  }

  #configMap(namespace: string, data: Readonly<Record<string, string>>): ConfigMap {
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
      },
      data,
    };
  }
}
