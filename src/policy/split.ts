import type { Origin } from './origin.ts';
import type { ServiceKey } from './service.ts';

/** What one TrafficSplit says of one apex service. The sum of weights is at least 1. */
export interface Split {
  readonly origins: readonly Origin[];
  readonly apex: ServiceKey;
  /** In the order of the object. A backend need not exist yet. Weight 0 receives nothing. */
  readonly backends: readonly { readonly service: ServiceKey; readonly weight: number }[];
}
