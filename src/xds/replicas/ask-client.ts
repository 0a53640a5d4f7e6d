import type { Client } from '@grpc/grpc-js';
import type { Logger } from '../../common/logger.ts';
import { Secret } from '../../common/secret.ts';
import { askService } from './ask-service.ts';
import { bearer, openChannel, type ReplicaChannel } from './replica-channel.ts';

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
  signal.throwIfAborted();
  let client: Client | undefined;
  try {
    const token = await options.token();
    client = openChannel(options);
    return await call(client, { ask, token, options }, signal);
  } catch (thrown) {
    signal.throwIfAborted();
    const reason = thrown instanceof Error ? thrown.message : String(thrown);
    options.logger.debug('replica does not answer', { address: options.address, reason });
    return undefined;
  } finally {
    client?.close();
  }
}

interface Asking {
  readonly ask: Buffer;
  readonly token: Secret<string>;
  readonly options: AskOptions;
}

function call(
  client: Client,
  { ask, token, options: { hearMs = 3_000, answerMs = 25_000 } }: Asking,
  signal: AbortSignal,
): Promise<Secret<Buffer>> {
  const { path, requestSerialize, responseDeserialize } = askService.ask;
  const over = new AbortController();
  const answered = new Promise<Secret<Buffer>>((resolve, reject) => {
    const asked = client.makeUnaryRequest(
      path,
      requestSerialize,
      responseDeserialize,
      ask,
      bearer(token),
      { deadline: Date.now() + answerMs },
      (error, bytes) => {
        if (error === null && bytes !== undefined) resolve(new Secret(bytes));
        else reject(error ?? new Error('no answer'));
      },
    );
    const cancel = (): void => asked.cancel();
    const unheard = setTimeout(cancel, hearMs);
    asked.once('metadata', () => clearTimeout(unheard));
    over.signal.addEventListener('abort', () => clearTimeout(unheard));
    signal.addEventListener('abort', cancel, { signal: over.signal });
  });
  return answered.finally(() => over.abort());
}
