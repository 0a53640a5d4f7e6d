import type { Origin } from './origin.ts';
import type { ServiceKey } from './service.ts';

/** One target of a split. Weight 0 receives nothing. */
export interface SplitBackend {
  readonly service: ServiceKey;
  readonly weight: number;
  /**
   * The apex's service ports that the backend offers too, in the apex's order: on other ports it gets
   * nothing. Empty while either of the two services does not exist.
   */
  readonly ports: readonly number[];
}

/**
 * One TrafficSplit of one apex service. The sum of weights is at least 1 and fits 32 bits. A port of the apex
 * that no backend offers is not split; a port leads nowhere if the weights of the backends that offer it sum to 0.
 */
export interface Split {
  readonly origins: readonly Origin[];
  readonly apex: ServiceKey;
  /** In the order of the object, each service once. A backend need not exist yet. */
  readonly backends: readonly SplitBackend[];
}
