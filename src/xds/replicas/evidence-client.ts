import type { Client, ClientReadableStream } from '@grpc/grpc-js';
import type { Clock } from '../../common/clock.ts';
import { WeftError } from '../../common/errors.ts';
import type { Logger } from '../../common/logger.ts';
import type { Secret } from '../../common/secret.ts';
import { bearer, openChannel, type ReplicaChannel } from './replica-channel.ts';
import { applyChange, decodeChange, noEvidence } from '../evidence/evidence-wire.ts';
import { evidenceService } from './evidence-feed.ts';
import type { Evidence } from '../evidence/evidence.ts';

export interface EvidenceClientOptions extends ReplicaChannel {
  readonly clock: Clock;
  readonly logger: Logger;
}

const shortestWaitMs = 200;
const longestWaitMs = 5_000;

/**
 * Follows a replica's evidence until the signal aborts. `changed` gets undefined as soon as the
 * replica cannot be reached, and its evidence again when it can.
 */
export async function followEvidence(
  options: EvidenceClientOptions,
  changed: (evidence: Evidence | undefined) => void,
  signal: AbortSignal,
): Promise<void> {
  let wait = shortestWaitMs;
  const stopped = (): boolean => signal.aborted;
  while (!stopped()) {
    const received = await attempt(options, changed, signal);
    if (stopped()) return;
    changed(undefined);
    wait = received ? shortestWaitMs : Math.min(wait * 2, longestWaitMs);
    await options.clock.sleep(wait * (0.5 + Math.random() / 2), signal).catch(() => undefined);
  }
}

/** Reads one stream to its end. Resolves with whether anything arrived. */
async function attempt(
  options: EvidenceClientOptions,
  changed: (evidence: Evidence) => void,
  signal: AbortSignal,
): Promise<boolean> {
  let client: Client | undefined;
  try {
    const token = await options.token();
    client = openChannel(options);
    return await read(open(client, token), changed, signal);
  } catch (thrown) {
    const reason = thrown instanceof Error ? thrown.message : String(thrown);
    options.logger.debug('replica not reached', { address: options.address, reason });
    return false;
  } finally {
    client?.close();
  }
}

function open(client: Client, token: Secret<string>): ClientReadableStream<Buffer> {
  const { path, requestSerialize, responseDeserialize } = evidenceService.watch;
  return client.makeServerStreamRequest(
    path,
    requestSerialize,
    responseDeserialize,
    Buffer.alloc(0),
    bearer(token),
  );
}

function read(
  stream: ClientReadableStream<Buffer>,
  changed: (evidence: Evidence) => void,
  signal: AbortSignal,
): Promise<boolean> {
  let evidence = noEvidence;
  let received = false;
  const cancel = (): void => stream.cancel();
  signal.addEventListener('abort', cancel, { once: true });
  return new Promise<boolean>((resolve, reject) => {
    stream.on('data', (bytes: Buffer) => {
      try {
        evidence = applyChange(evidence, decodeChange(bytes));
      } catch (thrown) {
        stream.cancel();
        reject(WeftError.from(thrown));
        return;
      }
      received = true;
      changed(evidence);
    });
    stream.on('error', (error) => {
      if (received) resolve(true);
      else reject(error);
    });
    stream.on('end', () => resolve(received));
  }).finally(() => signal.removeEventListener('abort', cancel));
}
