import { Metadata, type ServerDuplexStream, status } from '@grpc/grpc-js';
import { WeftError } from '../../common/errors.ts';
import type { Logger } from '../../common/logger.ts';
import type { Secret } from '../../common/secret.ts';
import { refusalOf } from '../port/admission.ts';
import type { Entry } from '../port/entry.ts';
import { readOne } from './read-one.ts';
import { admitReplica, type ReplicaAdmission } from './replica-admission.ts';

const asItIs = (bytes: Buffer): Buffer => bytes;

/**
 * One replica requests a leaf from another. This file does not know the meaning of the bytes of request and answer. The
 * method is declared as streams, because grpc-js would read a single request before it reports the call.
 */
export const requestService = {
  request: {
    path: '/weft.leaves.v1.Leaves/Ask',
    requestStream: true,
    responseStream: true,
    requestSerialize: asItIs,
    requestDeserialize: asItIs,
    responseSerialize: asItIs,
    responseDeserialize: asItIs,
  },
} as const;

export type RequestCall = ServerDuplexStream<Buffer, Buffer>;

/** Answers a request. Rejects with WeftError protocol-violation when the bytes are not a request. */
export type AnswerReplica = (request: Buffer, signal: AbortSignal) => Promise<Secret<Buffer>>;

export interface RequestServiceOptions extends ReplicaAdmission {
  readonly answer: AnswerReplica;
  readonly logger: Logger;
}

/** Answers one request of another replica. It confirms the request at once, because the answer may take long. */
export async function serveRequest(
  call: RequestCall,
  entry: Entry,
  options: RequestServiceOptions,
): Promise<void> {
  const left = new AbortController();
  call.once('cancelled', () => left.abort());
  try {
    await admitReplica(call, entry, options);
    call.sendMetadata(new Metadata());
    const request = await readOne(call, options.timeoutMs);
    entry.messageEnded(request.length);
    const answer = await options.answer(request, left.signal);
    call.write(answer.reveal());
    call.end();
  } catch (thrown) {
    const error = WeftError.from(thrown);
    options.logger.warn('request refused', { code: error.code, peer: call.getPeer() });
    const { code, details } = error.code === 'protocol-violation' ? malformed : refusalOf(error);
    call.emit('error', { code, details });
  }
}

const malformed = { code: status.INVALID_ARGUMENT, details: 'malformed request' };
