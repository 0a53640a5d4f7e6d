import type { Logger } from '../../common/logger.ts';
import { Secret } from '../../common/secret.ts';
import { askService } from './ask-service.ts';
import type { ReplicaChannel } from './replica-channel.ts';
import { callReplica } from './unary-call.ts';

export interface AskOptions extends ReplicaChannel {
  /** Time within which the replica has to confirm that it heard. Default 3 s. */
  readonly hearMs?: number;
  /** Time within which it has to answer: longer than its own call to an issuer may take. Default 25 s. */
  readonly answerMs?: number;
  readonly logger: Logger;
}

/**
 * Asks another replica. Undefined when it does not answer, for any reason: it is away, busy, older than this method, or
 * does not accept this process as a replica. Rejects with the signal's reason only.
 */
export async function askReplica(
  options: AskOptions,
  ask: Buffer,
  signal: AbortSignal,
): Promise<Secret<Buffer> | undefined> {
  const { hearMs = 3_000, answerMs = 25_000 } = options;
  const unanswered = 'replica does not answer';
  const request = { method: askService.ask, message: ask, hearMs, answerMs, unanswered };
  const answer = await callReplica(options, request, signal);
  return answer && new Secret(answer);
}
