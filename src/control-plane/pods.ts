import { untilAborted } from '../common/aborted.ts';
import type { Component } from '../common/component.ts';
import { ChangeSource, firstValue } from '../common/topic.ts';
import { PodLedger } from '../pods/ledger.ts';
import type { ControlPlaneContext } from './context.ts';
import type { MeshConfigInForce } from './mesh-config-in-force.ts';
import type { Watches } from './watches.ts';

/** Keeps how each pod belongs to the mesh, from the moment on at which the mesh has a name. */
export class Pods extends ChangeSource implements Component {
  readonly name = 'pods';
  readonly leaderOnly = false;
  readonly ledger: PodLedger;
  readonly #meshConfig: MeshConfigInForce;

  constructor(
    { clock, logger }: ControlPlaneContext,
    { cluster, bootstraps }: Watches,
    meshConfig: MeshConfigInForce,
  ) {
    super(logger);
    this.#meshConfig = meshConfig;
    this.ledger = new PodLedger({
      pods: cluster.Pod,
      namespaces: cluster.Namespace,
      bootstraps,
      membership: () => meshConfig.membership,
      clock,
    });
  }

  async run(signal: AbortSignal): Promise<void> {
    const named = await firstValue(this.#meshConfig, signal).catch(() => undefined);
    if (named === undefined) return;
    const stop = this.ledger.follow(() => this.notify());
    await untilAborted(signal);
    stop();
  }
}
