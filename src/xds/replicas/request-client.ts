import type { Client } from '@grpc/grpc-js';
import type { Logger } from '../../common/logger.ts';
import { Secret } from '../../common/secret.ts';
import { requestService } from './request-service.ts';
import { bearer, openChannel, type ReplicaChannel } from './replica-channel.ts';

export interface RequestOptions extends ReplicaChannel {
  /** Time within which the replica must confirm that it received the request. Default 3 s. */
  readonly ackTimeoutMs?: number;
  /**
   * Time within which it must answer. It is longer than the call of that replica to an issuer may take. Default 25 s.
   */
  readonly answerTimeoutMs?: number;
  readonly logger: Logger;
}

/**
 * Sends a request to another replica. Resolves with undefined when it does not answer, for any reason: it is away,
 * busy, older than this method, or does not accept this process as a replica. Rejects with the signal's reason only.
 */
export async function requestFromReplica(
  options: RequestOptions,
  request: Buffer,
  signal: AbortSignal,
): Promise<Secret<Buffer> | undefined> {
  signal.throwIfAborted();
  let client: Client | undefined;
  try {
    const token = await options.token();
    client = openChannel(options);
    return await call(client, { request, token, options }, signal);
  } catch (thrown) {
    signal.throwIfAborted();
    const reason = thrown instanceof Error ? thrown.message : String(thrown);
    options.logger.debug('replica does not answer', { address: options.address, reason });
    return undefined;
  } finally {
    client?.close();
  }
}

interface Outgoing {
  readonly request: Buffer;
  readonly token: Secret<string>;
  readonly options: RequestOptions;
}

function call(
  client: Client,
  { request, token, options: { ackTimeoutMs = 3_000, answerTimeoutMs = 25_000 } }: Outgoing,
  signal: AbortSignal,
): Promise<Secret<Buffer>> {
  const { path, requestSerialize, responseDeserialize } = requestService.request;
  const over = new AbortController();
  const answered = new Promise<Secret<Buffer>>((resolve, reject) => {
    const sent = client.makeUnaryRequest(
      path,
      requestSerialize,
      responseDeserialize,
      request,
      bearer(token),
      { deadline: Date.now() + answerTimeoutMs },
      (error, bytes) => {
        if (error === null && bytes !== undefined) resolve(new Secret(bytes));
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
