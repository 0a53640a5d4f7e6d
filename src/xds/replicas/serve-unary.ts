import { Metadata, type ServerDuplexStream, status } from '@grpc/grpc-js';
import { WeftError } from '../../common/errors.ts';
import type { Logger } from '../../common/logger.ts';
import { refusalOf } from '../port/admission.ts';
import type { Entry } from '../port/entry.ts';
import { readOne } from './read-one.ts';
import { admitReplica, type ReplicaAdmission } from './replica-admission.ts';

export type UnaryCall = ServerDuplexStream<Buffer, Buffer>;

export interface UnaryService extends ReplicaAdmission {
  /** Rejects with WeftError protocol-violation when the message is malformed. */
  readonly respond: (message: Buffer) => Buffer | Promise<Buffer>;
  /** The log line of a call without an answer. */
  readonly refused: string;
  readonly logger: Logger;
}

/** Answers one call of another replica. It confirms the request at once, because the answer may take long. */
export async function serveUnary(
  call: UnaryCall,
  entry: Entry,
  options: UnaryService,
): Promise<void> {
  try {
    await admitReplica(call, entry, options);
    call.sendMetadata(new Metadata());
    const message = await readOne(call, options.timeoutMs);
    entry.messageEnded(message.length);
    call.write(await options.respond(message));
    call.end();
  } catch (thrown) {
    const error = WeftError.from(thrown);
    options.logger.warn(options.refused, { code: error.code, peer: call.getPeer() });
    const { code, details } = error.code === 'protocol-violation' ? malformed : refusalOf(error);
    call.emit('error', { code, details });
  }
}

const malformed = { code: status.INVALID_ARGUMENT, details: 'malformed request' };
