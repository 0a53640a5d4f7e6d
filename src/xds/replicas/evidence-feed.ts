import { type ServerDuplexStream, status } from '@grpc/grpc-js';
import { WeftError } from '../../common/errors.ts';
import type { Logger } from '../../common/logger.ts';
import { refusalOf } from '../port/admission.ts';
import { bytesMethod } from './bytes-method.ts';
import { admitReplica, type ReplicaAdmission } from './replica-admission.ts';
import type { Entry } from '../port/entry.ts';
import { changeBetween, encodeChange, noEvidence, nothingNew } from '../evidence/evidence-wire.ts';
import type { EvidenceWatch } from '../evidence/evidence-watch.ts';

/** A replica's evidence as a stream of changes, JSON in gRPC frames. The request is empty and is never read. */
export const evidenceService = { watch: bytesMethod('/weft.evidence.v1.Evidence/Watch') } as const;

export type EvidenceCall = ServerDuplexStream<Buffer, Buffer>;

export interface EvidenceFeedOptions extends ReplicaAdmission {
  readonly watch: EvidenceWatch;
  readonly logger: Logger;
}

/** Serves one reader until it leaves or its token ends. */
export async function serveEvidence(
  call: EvidenceCall,
  entry: Entry,
  options: EvidenceFeedOptions,
): Promise<void> {
  try {
    const { expires } = await admitReplica(call, entry, options);
    if (!call.cancelled) feed(call, expires, options);
  } catch (thrown) {
    const error = WeftError.from(thrown);
    options.logger.warn('evidence refused', { code: error.code, peer: call.getPeer() });
    const { code, details } = refusalOf(error);
    call.emit('error', { code, details });
  }
}

/** A slow reader gets fewer, larger changes: nothing is queued for it. */
function feed(call: EvidenceCall, expires: number, options: EvidenceFeedOptions): void {
  let sent = noEvidence;
  let first = true;
  let blocked = false;
  const send = (): void => {
    const next = options.watch.current();
    const change = changeBetween(sent, next);
    if (blocked || (change === undefined && !first)) return;
    first = false;
    sent = next;
    blocked = !call.write(encodeChange(change ?? nothingNew(next)));
  };
  call.on('drain', () => {
    blocked = false;
    send();
  });
  const stop = options.watch.watch(send);
  const timer = setTimeout(
    () => {
      stop();
      call.emit('error', { code: status.UNAVAILABLE, details: 'the token has expired' });
    },
    Math.min(Math.max(expires - Date.now(), 0), 2 ** 31 - 1),
  ).unref();
  call.once('cancelled', () => {
    stop();
    clearTimeout(timer);
  });
}
