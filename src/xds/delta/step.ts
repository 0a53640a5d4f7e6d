import type { ResourceType } from '../resources/resource.ts';
import type { Refusal } from './refused.ts';
import type { DeltaRequest } from './request-bytes.ts';
import type { EncodedResponse } from './response-bytes.ts';

/** A response to write to the client; responses are written in the given order. */
export interface DeltaResponse extends EncodedResponse {
  readonly type: ResourceType;
}

/** The result of a request. */
export interface Step {
  readonly responses: readonly DeltaResponse[];
  /** How the request answered an earlier response; undefined when it answered none. */
  readonly answer: 'acknowledged' | 'refused' | undefined;
  /**
   * Resources that are now known to be refused. A response that was refused as a whole is first sent again in parts.
   */
  readonly refusals: readonly Refusal[];
}

/** The result of a request for a type that Weft does not serve. */
export const nothingToSay: Step = { responses: [], answer: undefined, refusals: [] };

/** How a request answers a response, given its refusals; undefined when it answers none. */
export function answerOf(
  refusals: readonly Refusal[] | undefined,
  request: DeltaRequest,
): Step['answer'] {
  if (refusals === undefined) return undefined;
  return request.error === undefined ? 'acknowledged' : 'refused';
}
