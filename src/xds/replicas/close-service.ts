import { type Client, type ServerDuplexStream, status } from '@grpc/grpc-js';
import { isNumber, isString, listOf, pairOf, parseGuarded } from '../../common/guards.ts';
import { WeftError } from '../../common/errors.ts';
import type { Logger } from '../../common/logger.ts';
import { refusalOf } from '../port/admission.ts';
import type { Entry } from '../port/entry.ts';
import { readOne } from './read-one.ts';
import { admitReplica, type ReplicaAdmission } from './replica-admission.ts';
import { bearer, openChannel, type ReplicaChannel } from './replica-channel.ts';

const asItIs = (bytes: Buffer): Buffer => bytes;

/**
 * One replica reports to another which streams a pod has left for a newer stream elsewhere. The method is declared as
 * streams, because grpc-js would read a single request before it reports the call.
 */
export const closeService = {
  close: {
    path: '/weft.evidence.v1.Evidence/Close',
    requestStream: true,
    responseStream: true,
    requestSerialize: asItIs,
    requestDeserialize: asItIs,
    responseSerialize: asItIs,
    responseDeserialize: asItIs,
  },
} as const;

export type CloseCall = ServerDuplexStream<Buffer, Buffer>;

/** A stream, named by the uid of its pod and the time it was opened; a later stream of the pod has another name. */
export interface StreamName {
  readonly uid: string;
  readonly opened: number;
}

export interface CloseServiceOptions extends ReplicaAdmission {
  readonly close: (stream: StreamName) => void;
  readonly logger: Logger;
}

/** Closes the streams that one call of another replica names. */
export async function serveClose(
  call: CloseCall,
  entry: Entry,
  options: CloseServiceOptions,
): Promise<void> {
  try {
    await admitReplica(call, entry, options);
    const bytes = await readOne(call, options.timeoutMs);
    entry.messageEnded(bytes.length);
    for (const stream of decode(bytes)) options.close(stream);
    call.write(Buffer.alloc(0));
    call.end();
  } catch (thrown) {
    const error = WeftError.from(thrown);
    options.logger.warn('streams not closed', { code: error.code, peer: call.getPeer() });
    const { code, details } = error.code === 'protocol-violation' ? malformed : refusalOf(error);
    call.emit('error', { code, details });
  }
}

const malformed = { code: status.INVALID_ARGUMENT, details: 'malformed request' };
const answerMs = 5_000;

/** Resolves when the replica has closed these streams, or cannot; in that case the caller asks again later. */
export async function askToClose(
  options: ReplicaChannel & { readonly logger: Logger },
  streams: readonly StreamName[],
): Promise<void> {
  let client: Client | undefined;
  try {
    const token = await options.token();
    const channel = (client = openChannel(options));
    const { path, requestSerialize, responseDeserialize } = closeService.close;
    await new Promise<void>((resolve, reject) => {
      channel.makeUnaryRequest(
        path,
        requestSerialize,
        responseDeserialize,
        encode(streams),
        bearer(token),
        { deadline: Date.now() + answerMs },
        (error) => (error === null ? resolve() : reject(error)),
      );
    });
  } catch (thrown) {
    const reason = thrown instanceof Error ? thrown.message : String(thrown);
    options.logger.debug('replica does not close streams', { address: options.address, reason });
  } finally {
    client?.close();
  }
}

function encode(streams: readonly StreamName[]): Buffer {
  return Buffer.from(JSON.stringify(streams.map(({ uid, opened }) => [uid, opened])));
}

function decode(bytes: Buffer): readonly StreamName[] {
  const names = parseGuarded(bytes.toString('utf8'), isNames);
  if (names === undefined)
    throw new WeftError('protocol-violation', 'names of streams are malformed');
  return names.map(([uid, opened]) => ({ uid, opened }));
}

const isNames = listOf(pairOf(isString, isNumber));
