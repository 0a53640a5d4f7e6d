import type { Pod } from '../api/core.ts';

/** What a service leads to, ready or not. */
export interface Behind {
  /** All pods, sorted by name, without those that are finished. */
  readonly pods: readonly Pod[];
  /** Names of those that the service does not select. */
  readonly unselected: ReadonlySet<string>;
  /**
   * Where only an EndpointSlice leads, by pod name: at pods that are not selected, as all are behind a
   * service without a selector, and at other ports than the Service says.
   */
  readonly written: ReadonlyMap<string, readonly WrittenPort[]>;
}

export interface WrittenPort {
  /** The Service's. */
  readonly port: number;
  readonly targetPort: number;
}
