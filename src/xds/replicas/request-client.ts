import type { Logger } from '../../common/logger.ts';
import { Secret } from '../../common/secret.ts';
import { requestService } from './request-service.ts';
import type { ReplicaChannel } from './replica-channel.ts';
import { callReplica } from './unary-call.ts';

export interface RequestOptions extends ReplicaChannel {
  /** Time within which the replica must confirm that it received the request. Default 3 s. */
  readonly ackTimeoutMs?: number;
  /** Time within which it must answer: more than that replica may need for a call to an issuer. Default 25 s. */
  readonly answerTimeoutMs?: number;
  readonly logger: Logger;
}

/**
 * Sends a request to another replica. Resolves with undefined when it does not answer, for any reason: it is away,
 * busy, older than this method, or does not accept this process as a replica. Rejects with the signal's reason only.
 */
export async function requestFromReplica(
  options: RequestOptions,
  message: Buffer,
  signal: AbortSignal,
): Promise<Secret<Buffer> | undefined> {
  const { ackTimeoutMs = 3_000, answerTimeoutMs = 25_000 } = options;
  const times = { ackTimeoutMs, answerTimeoutMs };
  const unanswered = 'replica does not answer';
  const request = { method: requestService.request, message, ...times, unanswered };
  const answer = await callReplica(options, request, signal);
  return answer && new Secret(answer);
}
