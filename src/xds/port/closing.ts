import type { status } from '@grpc/grpc-js';
import type { StreamEnd } from './metrics.ts';

/** Why the server closes a stream: a status for the client, a reason for the metrics. */
export interface Closing {
  readonly reason: StreamEnd;
  readonly code: status;
  /** Sent to the client: says nothing that helps an attacker. */
  readonly details: string;
}
