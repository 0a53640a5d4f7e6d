import { bytesMethod } from './bytes-method.ts';
import { isNumber, isString, listOf, pairOf, parseGuarded } from '../../common/guards.ts';
import { WeftError } from '../../common/errors.ts';
import type { Logger } from '../../common/logger.ts';
import type { Entry } from '../port/entry.ts';
import type { ReplicaAdmission } from './replica-admission.ts';
import type { ReplicaChannel } from './replica-channel.ts';
import { callReplica } from './unary-call.ts';
import { serveUnary, type UnaryCall } from './serve-unary.ts';

/** One replica reports to another which streams a pod has left for a newer stream elsewhere. */
export const closeService = { close: bytesMethod('/weft.evidence.v1.Evidence/Close') } as const;

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
export function serveClose(
  call: UnaryCall,
  entry: Entry,
  options: CloseServiceOptions,
): Promise<void> {
  return serveUnary(call, entry, {
    ...options,
    refused: 'streams not closed',
    respond: (bytes) => {
      for (const stream of decode(bytes)) options.close(stream);
      return Buffer.alloc(0);
    },
  });
}

const answerTimeoutMs = 5_000;

/** Resolves when the replica has closed these streams, or cannot; in that case the caller asks again later. */
export async function askToClose(
  options: ReplicaChannel & { readonly logger: Logger },
  streams: readonly StreamName[],
): Promise<void> {
  const unanswered = 'replica does not close streams';
  const request = {
    method: closeService.close,
    message: encode(streams),
    answerTimeoutMs,
    unanswered,
  };
  await callReplica(options, request, new AbortController().signal);
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
