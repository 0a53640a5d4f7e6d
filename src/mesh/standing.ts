import type { SliceEndpoint } from './classify-endpoint.ts';

/** Whether an endpoint takes calls; 'leaving': it is terminating, but still serves. */
export type EndpointStanding = 'ready' | 'leaving' | 'unready';

/**
 * Reads the conditions as Kubernetes means them: a terminating pod is `ready` only where the Service publishes
 * addresses that are not ready; an endpoint without `ready` counts as ready.
 */
export function standingOf({ conditions }: Pick<SliceEndpoint, 'conditions'>): EndpointStanding {
  if (conditions?.ready !== false) return 'ready';
  return conditions.serving === true && conditions.terminating === true ? 'leaving' : 'unready';
}
