import type { status } from '@grpc/grpc-js';
import type { StreamEnd } from './metrics.ts';

/** Why a stream is closed by us: for the client a status, for the metrics a reason. */
export interface Closing {
  readonly reason: StreamEnd;
  readonly code: status;
  /** Sent to the client: says nothing that helps an attacker. */
  readonly details: string;
}
