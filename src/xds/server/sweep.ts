import { owing, silent, stranger, tokenExpired } from './closings.ts';
import { type AdsOptions, end } from './ads.ts';
import type { Connection } from './connection.ts';
import type { Closing } from '../port/closing.ts';

/** How often open streams are examined. One timer serves all of them. */
export const sweepMs = 1_000;

/** How long a proxy may be behind, as each is after every change, before that is reported. */
const lateMs = 15_000;

/**
 * Closes streams whose token has expired, that never sent a request, whose pod is not a workload, or that owe an answer
 * for too long. Refills their request credits, lets listeners go out to a proxy that takes too long to warm its
 * clusters, and drops responses that were not sent to any stream lately.
 */
export function sweep(options: AdsOptions): void {
  const now = options.clock.now();
  options.bytes.tidy();
  for (const connection of options.connections) {
    if (!connection.isStranger) connection.strangerSince = undefined;
    else connection.strangerSince ??= now;
    const closing = verdictOn(connection, now, options);
    if (closing !== undefined) {
      options.logger.info('stream closed', {
        reason: closing.reason,
        pod: connection.proxy.pod,
      });
      end(connection, options, closing);
      continue;
    }
    const { requestsPerSecond, requestBurst, bytesPerSecond, byteBurst } = options.limits;
    connection.credits = Math.min(requestBurst, connection.credits + requestsPerSecond);
    connection.byteCredits = Math.min(byteBurst, connection.byteCredits + bytesPerSecond);
  }
  for (const connection of options.connections.unsettled) endWarmingWait(connection, now, options);
}

function verdictOn(connection: Connection, now: number, options: AdsOptions): Closing | undefined {
  const { tokenGraceMs, firstRequestMs, strangerMs } = options.limits;
  if (now > connection.proxy.expires + tokenGraceMs) return tokenExpired;
  if (!connection.hasRequest && now > connection.opened + firstRequestMs) return silent;
  if (now - (connection.strangerSince ?? now) > strangerMs) return stranger;
  return owes(connection, now, options) ? owing : undefined;
}

/** Whether a stream owes an answer for too long. Streams in sync, which are most, owe none. */
function owes(connection: Connection, now: number, { connections, limits }: AdsOptions): boolean {
  const { lateness, session } = connection;
  if (!connections.unsettled.has(connection)) {
    if (connection.isLate) lateness.end();
    connection.isLate = false;
    return false;
  }
  const isLate = lateness.behind(session.unanswered, now) >= lateMs;
  if (isLate !== connection.isLate) {
    connection.isLate = isLate;
    connections.note(connection);
  }
  return lateness.owing(session.unanswered, now) > limits.answerMs;
}

function endWarmingWait(connection: Connection, now: number, options: AdsOptions): void {
  if (!connection.session.holdsBack) {
    connection.heldSince = undefined;
    return;
  }
  connection.heldSince ??= now;
  if (now - connection.heldSince < options.limits.clusterWaitMs) return;
  connection.heldSince = undefined;
  connection.skipWarmingWait();
  options.connections.note(connection);
}
