import { untilAborted } from '../common/aborted.ts';
import type { Component } from '../common/component.ts';
import { Listeners } from '../common/listeners.ts';
import { type Changing, firstValue } from '../common/topic.ts';
import { PodLedger } from '../pods/ledger.ts';
import type { ControlPlaneContext } from './context.ts';
import type { MeshConfigInForce } from './mesh-config-in-force.ts';
import type { Watches } from './watches.ts';

/** Keeps how each pod belongs to the mesh, from the moment on at which the mesh has a name. */
export class Pods implements Component, Changing {
  readonly name = 'pods';
  readonly leaderOnly = false;
  readonly ledger: PodLedger;
  readonly #meshConfig: MeshConfigInForce;
  readonly #listeners: Listeners<undefined>;

  constructor(
    { clock, logger }: ControlPlaneContext,
    { cluster, bootstraps }: Watches,
    meshConfig: MeshConfigInForce,
  ) {
    this.#meshConfig = meshConfig;
    this.#listeners = new Listeners(logger);
    this.ledger = new PodLedger({
      pods: cluster.Pod,
      namespaces: cluster.Namespace,
      bootstraps,
      membership: () => meshConfig.membership,
      clock,
    });
  }

  follow(changed: () => void): () => void {
    return this.#listeners.add(changed);
  }

  async run(signal: AbortSignal): Promise<void> {
    const named = await firstValue(this.#meshConfig, signal).catch(() => undefined);
    if (named === undefined) return;
    const stop = this.ledger.follow(() => this.#listeners.tell(undefined));
    await untilAborted(signal);
    stop();
  }
}
