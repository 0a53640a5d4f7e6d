import type { SliceEndpoint } from './endpoint-judge.ts';

/** Whether an endpoint takes calls; 'leaving': it is ending, but answers still. */
export type EndpointStanding = 'ready' | 'leaving' | 'unready';

/**
 * `ready` is the word of Kubernetes, which calls an ending pod ready only where the Service publishes
 * addresses that are not; without a word an endpoint is ready, as the API has it.
 */
export function standingOf({ conditions }: Pick<SliceEndpoint, 'conditions'>): EndpointStanding {
  if (conditions?.ready !== false) return 'ready';
  return conditions.serving === true && conditions.terminating === true ? 'leaving' : 'unready';
}
