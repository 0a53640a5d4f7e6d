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
 * One replica asks another for a leaf. Request and answer are bytes whose meaning is not known here. The method is
 * declared as streams, because grpc-js would read a single request before it reports the call.
 */
export const askService = {
  ask: {
    path: '/weft.leaves.v1.Leaves/Ask',
    requestStream: true,
    responseStream: true,
    requestSerialize: asItIs,
    requestDeserialize: asItIs,
    responseSerialize: asItIs,
    responseDeserialize: asItIs,
  },
} as const;

export type AskCall = ServerDuplexStream<Buffer, Buffer>;

/** Answers an ask. Rejects with WeftError protocol-violation when the bytes are no ask. */
export type AnswerReplica = (ask: Buffer, signal: AbortSignal) => Promise<Secret<Buffer>>;

export interface AskServiceOptions extends ReplicaAdmission {
  readonly answer: AnswerReplica;
  readonly logger: Logger;
}

/** Answers one ask of another replica. It confirms at once that it heard, because the answer may take long. */
export async function serveAsk(
  call: AskCall,
  entry: Entry,
  options: AskServiceOptions,
): Promise<void> {
  const left = new AbortController();
  call.once('cancelled', () => left.abort());
  try {
    await admitReplica(call, entry, options);
    call.sendMetadata(new Metadata());
    const ask = await readOne(call, options.timeoutMs);
    entry.messageEnded(ask.length);
    const answer = await options.answer(ask, left.signal);
    call.write(answer.reveal());
    call.end();
  } catch (thrown) {
    const error = WeftError.from(thrown);
    options.logger.warn('ask refused', { code: error.code, peer: call.getPeer() });
    const { code, details } = error.code === 'protocol-violation' ? malformed : refusalOf(error);
    call.emit('error', { code, details });
  }
}

const malformed = { code: status.INVALID_ARGUMENT, details: 'malformed request' };
