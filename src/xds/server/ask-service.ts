import { Metadata, status } from '@grpc/grpc-js';
import type { sendUnaryData, ServerUnaryCall } from '@grpc/grpc-js';
import { WeftError } from '../../common/errors.ts';
import type { Logger } from '../../common/logger.ts';
import type { Secret } from '../../common/secret.ts';
import { refusalOf } from './admission.ts';
import { admitReplica, type ReplicaAdmission } from './replica-admission.ts';

const asItIs = (bytes: Buffer): Buffer => bytes;

/** One replica asks another for a leaf: bytes there, bytes back, whose meaning is not known here. */
export const askService = {
  ask: {
    path: '/weft.leaves.v1.Leaves/Ask',
    requestStream: false,
    responseStream: false,
    requestSerialize: asItIs,
    requestDeserialize: asItIs,
    responseSerialize: asItIs,
    responseDeserialize: asItIs,
  },
} as const;

export type AskCall = ServerUnaryCall<Buffer, Buffer>;

/** The answer to an ask. Rejects with WeftError protocol-violation when it is none. */
export type AnswerReplica = (ask: Buffer, signal: AbortSignal) => Promise<Secret<Buffer>>;

export interface AskServiceOptions extends ReplicaAdmission {
  readonly answer: AnswerReplica;
  readonly logger: Logger;
}

/** Answers one ask of another replica; it is told at once that it was heard, for the answer may take long. */
export async function serveAsk(
  call: AskCall,
  done: sendUnaryData<Buffer>,
  options: AskServiceOptions,
): Promise<void> {
  const left = new AbortController();
  call.once('cancelled', () => left.abort());
  try {
    await admitReplica(call, options);
    call.sendMetadata(new Metadata());
    const answer = await options.answer(call.request, left.signal);
    done(null, answer.reveal());
  } catch (thrown) {
    const error = WeftError.from(thrown);
    options.logger.warn('ask refused', { code: error.code, peer: call.getPeer() });
    const { code, details } = error.code === 'protocol-violation' ? malformed : refusalOf(error);
    done({ code, details });
  }
}

const malformed = { code: status.INVALID_ARGUMENT, details: 'malformed request' };
