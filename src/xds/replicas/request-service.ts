import { bytesMethod } from './bytes-method.ts';
import type { Logger } from '../../common/logger.ts';
import type { Secret } from '../../common/secret.ts';
import type { Entry } from '../port/entry.ts';
import type { ReplicaAdmission } from './replica-admission.ts';
import { serveUnary, type UnaryCall } from './serve-unary.ts';

/** One replica requests a leaf from another. This file does not know the meaning of the bytes of request and answer. */
export const requestService = { request: bytesMethod('/weft.leaves.v1.Leaves/Ask') } as const;

/** Answers a request. Rejects with WeftError protocol-violation when the bytes are not a request. */
export type AnswerReplica = (request: Buffer, signal: AbortSignal) => Promise<Secret<Buffer>>;

export interface RequestServiceOptions extends ReplicaAdmission {
  readonly answer: AnswerReplica;
  readonly logger: Logger;
}

/** Answers one request of another replica. */
export function serveRequest(
  call: UnaryCall,
  entry: Entry,
  options: RequestServiceOptions,
): Promise<void> {
  const left = new AbortController();
  call.once('cancelled', () => left.abort());
  return serveUnary(call, entry, {
    ...options,
    refused: 'request refused',
    respond: async (request) => (await options.answer(request, left.signal)).reveal(),
  });
}
