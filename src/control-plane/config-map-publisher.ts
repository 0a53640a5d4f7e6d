import type { ConfigMap } from '../api/core.ts';
import { madeByControlPlane, controlPlaneName } from '../api/control-plane-names.ts';
import { kinds } from '../api/kinds.ts';
import type { Clock } from '../common/clock.ts';
import type { Triggered } from '../common/component.ts';
import type { Logger } from '../common/logger.ts';
import { Wakeup } from '../common/wakeup.ts';
import type { ApiClient } from '../kubernetes/api-client.ts';

export interface ConfigMapPublisherDeps {
  readonly client: ApiClient;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly namespace: string;
  readonly name: string;
  /** The data for the ConfigMap; undefined to leave the ConfigMap unchanged for now. */
  readonly data: () => Readonly<Record<string, string>> | undefined;
  /** The shortest time between two writes, in milliseconds. */
  readonly minIntervalMs: number;
  /** Milliseconds after which the publisher reads `data` without a `trigger`. Default: one minute. */
  readonly pollIntervalMs?: number;
}

const resyncMs = 60_000;

/** Keeps one ConfigMap of the control plane's own namespace as `data` says. Leader only. */
export class ConfigMapPublisher implements Triggered {
  readonly name: string;
  readonly leaderOnly = true;
  readonly #deps: ConfigMapPublisherDeps;
  readonly #wakeup = new Wakeup();
  #written = '';

  constructor(deps: ConfigMapPublisherDeps) {
    this.name = `publish-${deps.name}`;
    this.#deps = deps;
  }

  trigger(): void {
    this.#wakeup.wake();
  }

  async run(signal: AbortSignal): Promise<void> {
    const { clock, minIntervalMs, pollIntervalMs = resyncMs } = this.#deps;
    this.#written = '';
    let resyncAt = 0;
    const keep = async (): Promise<number> => {
      if (clock.now() >= resyncAt) {
        this.#written = '';
        resyncAt = clock.now() + resyncMs;
      }
      await this.#write(signal);
      await clock.sleep(minIntervalMs, signal).catch(() => undefined);
      return pollIntervalMs;
    };
    await this.#wakeup.repeat(keep, clock, signal);
  }

  async #write(signal: AbortSignal): Promise<void> {
    const { client, namespace, name, logger } = this.#deps;
    const data = this.#deps.data();
    if (data === undefined || JSON.stringify(data) === this.#written) return;
    const object: ConfigMap = {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: {
        name,
        namespace,
        labels: { [madeByControlPlane.label]: madeByControlPlane.value },
      },
      data,
    };
    try {
      await client.apply(
        kinds.configMap,
        object,
        { fieldManager: controlPlaneName, force: true },
        signal,
      );
      this.#written = JSON.stringify(data);
    } catch (error) {
      logger.warn('config map not kept', { namespace, name, error });
      this.#wakeup.wake();
    }
  }
}
