import type { Logger } from '../../common/logger.ts';
import type { Secret } from '../../common/secret.ts';
import type { Entry } from '../port/entry.ts';
import type { ReplicaAdmission } from './replica-admission.ts';
import { serveUnary, type UnaryCall, unaryMethod } from './unary-method.ts';

/** One replica asks another for a leaf. Request and answer are bytes whose meaning is not known here. */
export const askService = { ask: unaryMethod('/weft.leaves.v1.Leaves/Ask') } as const;

/** Answers an ask. Rejects with WeftError protocol-violation when the bytes are no ask. */
export type AnswerReplica = (ask: Buffer, signal: AbortSignal) => Promise<Secret<Buffer>>;

export interface AskServiceOptions extends ReplicaAdmission {
  readonly answer: AnswerReplica;
  readonly logger: Logger;
}

/** Answers one ask of another replica. */
export function serveAsk(call: UnaryCall, entry: Entry, options: AskServiceOptions): Promise<void> {
  const left = new AbortController();
  call.once('cancelled', () => left.abort());
  return serveUnary(call, entry, {
    ...options,
    refused: 'ask refused',
    respond: async (ask) => (await options.answer(ask, left.signal)).reveal(),
  });
}
