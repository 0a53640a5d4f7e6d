import { status } from '@grpc/grpc-js';
import { end } from './ads.ts';
import type { AdsOptions } from './ads.ts';
import type { Closing, Connection } from './connection.ts';

/** How often open streams are looked at. One timer for all of them. */
export const sweepMs = 1_000;

/**
 * Closes streams whose token has ended or that never said anything, refills their request credits,
 * lets listeners go out to a proxy that takes too long to warm its clusters, and forgets responses
 * that no stream was sent lately.
 */
export function sweep(options: AdsOptions): void {
  const now = options.clock.now();
  options.bytes.tidy();
  for (const connection of options.connections) {
    const closing = verdictOn(connection, now, options);
    if (closing !== undefined) {
      options.logger.info('stream closed', {
        reason: closing.reason,
        pod: connection.proxy.pod,
      });
      end(connection, options, closing);
      continue;
    }
    const { requestsPerSecond, requestBurst } = options.limits;
    connection.credits = Math.min(requestBurst, connection.credits + requestsPerSecond);
  }
  for (const connection of options.connections.unsettled) hasten(connection, now, options);
}

function verdictOn(connection: Connection, now: number, options: AdsOptions): Closing | undefined {
  const { tokenGraceMs, firstRequestMs } = options.limits;
  if (now > connection.proxy.expires + tokenGraceMs) return tokenExpired;
  if (!connection.heard && now > connection.opened + firstRequestMs) return silent;
  return undefined;
}

function hasten(connection: Connection, now: number, options: AdsOptions): void {
  if (!connection.session.holdsBack) {
    connection.heldSince = undefined;
    return;
  }
  connection.heldSince ??= now;
  if (now - connection.heldSince < options.limits.clusterWaitMs) return;
  connection.heldSince = undefined;
  connection.hasten();
  options.connections.note(connection);
}

const tokenExpired: Closing = {
  reason: 'token-expired',
  code: status.UNAVAILABLE,
  details: 'the token has expired: connect again with a fresh one',
};
const silent: Closing = {
  reason: 'silent',
  code: status.DEADLINE_EXCEEDED,
  details: 'no request came',
};
