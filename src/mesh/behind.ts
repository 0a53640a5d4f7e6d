import type { Pod } from '../api/core.ts';

/** The pods that a service leads to, ready or not. */
export interface Behind {
  /** All pods, sorted by name, without those that are finished. */
  readonly pods: readonly Pod[];
  /** Names of those that the service does not select. */
  readonly unselected: ReadonlySet<string>;
  /**
   * Ports to which only an EndpointSlice leads, by pod name: ports of pods that the service does not select (all pods
   * of a service without a selector), and other ports than the Service says.
   */
  readonly written: ReadonlyMap<string, readonly WrittenPort[]>;
}

export interface WrittenPort {
  /** The Service's port. */
  readonly port: number;
  readonly targetPort: number;
}
