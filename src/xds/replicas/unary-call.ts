import type { Client } from '@grpc/grpc-js';
import type { Logger } from '../../common/logger.ts';
import type { Secret } from '../../common/secret.ts';
import { bearer, openChannel, type ReplicaChannel } from './replica-channel.ts';
import type { BytesMethod } from './bytes-method.ts';

export interface UnaryRequest {
  readonly method: BytesMethod;
  readonly message: Buffer;
  /** Time within which the replica must answer. */
  readonly answerTimeoutMs: number;
  /** Time within which it must confirm that it received the request. Default: `answerTimeoutMs`. */
  readonly ackTimeoutMs?: number;
  /** The log line when there is no answer. */
  readonly unanswered: string;
}

/**
 * Calls another replica once, on a separate connection. Resolves with undefined when it does not answer. Rejects
 * with the signal's reason only.
 */
export async function callReplica(
  options: ReplicaChannel & { readonly logger: Logger },
  request: UnaryRequest,
  signal: AbortSignal,
): Promise<Buffer | undefined> {
  signal.throwIfAborted();
  let client: Client | undefined;
  try {
    const token = await options.token();
    client = openChannel(options);
    return await call(client, { ...request, token }, signal);
  } catch (thrown) {
    signal.throwIfAborted();
    const reason = thrown instanceof Error ? thrown.message : String(thrown);
    options.logger.debug(request.unanswered, { address: options.address, reason });
    return undefined;
  } finally {
    client?.close();
  }
}

interface Call extends UnaryRequest {
  readonly token: Secret<string>;
}

function call(
  client: Client,
  { method, message, token, answerTimeoutMs, ackTimeoutMs = answerTimeoutMs }: Call,
  signal: AbortSignal,
): Promise<Buffer> {
  const { path, requestSerialize, responseDeserialize } = method;
  const over = new AbortController();
  const answered = new Promise<Buffer>((resolve, reject) => {
    const sent = client.makeUnaryRequest(
      path,
      requestSerialize,
      responseDeserialize,
      message,
      bearer(token),
      { deadline: Date.now() + answerTimeoutMs },
      (error, bytes) => {
        if (error === null && bytes !== undefined) resolve(bytes);
        else reject(error ?? new Error('no answer'));
      },
    );
    const cancel = (): void => sent.cancel();
    const timer = setTimeout(cancel, ackTimeoutMs);
    sent.once('metadata', () => clearTimeout(timer));
    over.signal.addEventListener('abort', () => clearTimeout(timer));
    signal.addEventListener('abort', cancel, { signal: over.signal });
  });
  return answered.finally(() => over.abort());
}
