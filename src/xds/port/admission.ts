import { type Metadata, status } from '@grpc/grpc-js';
import type { EventEmitter } from 'node:events';
import { WeftError } from '../../common/errors.ts';
import type { Closing } from './closing.ts';
import type { Authenticate, Proxy } from '../../policy/proxy.ts';

const bearer = /^Bearer ([\w.~+/=-]{1,16384})$/i;

/** How long a check may take, and what ends it early. */
export interface AdmissionOptions {
  readonly authenticate: Authenticate;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/** A call while it is being admitted. It emits `cancelled` when the client leaves. */
export type EnteringCall = Pick<EventEmitter, 'once' | 'off'> & { readonly metadata: Metadata };

/**
 * The caller of a stream, identified by the one bearer token in its metadata (docs/decisions/0070). Stops waiting when
 * the client leaves. Rejects like Authenticate.
 */
export async function admit(call: EnteringCall, options: AdmissionOptions): Promise<Proxy> {
  const values = call.metadata.get('authorization');
  const token = values.length === 1 ? bearer.exec(String(values[0]))?.[1] : undefined;
  if (token === undefined) throw new WeftError('not-authenticated', 'no bearer token');
  // One controller, and no listener left on the server's signal: AbortSignal.any costs more per stream.
  const gaveUp = new AbortController();
  const giveUp = (): void => gaveUp.abort();
  const timer = setTimeout(giveUp, options.timeoutMs).unref();
  call.once('cancelled', giveUp);
  options.signal.addEventListener('abort', giveUp);
  if (options.signal.aborted) giveUp();
  try {
    return await untilGivenUp(options.authenticate(token, gaveUp.signal), gaveUp.signal);
  } finally {
    clearTimeout(timer);
    call.off('cancelled', giveUp);
    options.signal.removeEventListener('abort', giveUp);
  }
}

/** Stops waiting even for a check that does not heed its signal. */
function untilGivenUp(checked: Promise<Proxy>, gaveUp: AbortSignal): Promise<Proxy> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(new WeftError('api-unavailable', 'took too long'));
    gaveUp.addEventListener('abort', onAbort, { once: true });
    if (gaveUp.aborted) onAbort();
    checked.then(resolve, reject);
  });
}

/** The answer to a client that is not admitted: never the detailed reason. */
export function refusalOf(error: WeftError): Closing {
  if (error.code === 'not-authenticated')
    return {
      reason: 'not-authenticated',
      code: status.UNAUTHENTICATED,
      details: 'not authenticated',
    };
  return {
    reason: 'authentication-unavailable',
    code: status.UNAVAILABLE,
    details: 'cannot authenticate now',
  };
}
