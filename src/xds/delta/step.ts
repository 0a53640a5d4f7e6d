import type { ResourceType } from '../resources/resource.ts';
import type { Refusal } from './refused.ts';
import type { DeltaRequest } from './request-bytes.ts';
import type { EncodedResponse } from './response-bytes.ts';

/** A response to be written to the client, in the order given. */
export interface DeltaResponse extends EncodedResponse {
  readonly type: ResourceType;
}

/** What a request led to. */
export interface Step {
  readonly responses: readonly DeltaResponse[];
  /** How the request answered an earlier response; undefined when it answered none. */
  readonly answer: 'acknowledged' | 'refused' | undefined;
  /** Resources now known to be refused. A response refused as a whole first goes out again in parts. */
  readonly refusals: readonly Refusal[];
}

/** What comes of a request for a type that Weft does not serve. */
export const nothingToSay: Step = { responses: [], answer: undefined, refusals: [] };

/** How a request answers, of which these are the refusals; undefined where it answers nothing. */
export function answerOf(
  refusals: readonly Refusal[] | undefined,
  request: DeltaRequest,
): Step['answer'] {
  if (refusals === undefined) return undefined;
  return request.error === undefined ? 'acknowledged' : 'refused';
}
