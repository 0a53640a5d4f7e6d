import { status } from '@grpc/grpc-js';
import type { Metadata } from '@grpc/grpc-js';
import { WeftError } from '../../common/errors.ts';
import type { Closing } from './connection.ts';
import type { Authenticate, Proxy } from './proxy.ts';

const bearer = /^Bearer ([\w.~+/=-]{1,16384})$/i;

/** How long a check may take, and what ends it early. */
export interface AdmissionOptions {
  readonly authenticate: Authenticate;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/** The caller of a stream, by the one bearer token in its metadata. Rejects like Authenticate. */
export async function admit(metadata: Metadata, options: AdmissionOptions): Promise<Proxy> {
  const values = metadata.get('authorization');
  const token = values.length === 1 ? bearer.exec(String(values[0]))?.[1] : undefined;
  if (token === undefined) throw new WeftError('not-authenticated', 'no bearer token');
  const tooLate = new AbortController();
  const timer = setTimeout(() => tooLate.abort(), options.timeoutMs).unref();
  try {
    const signal = AbortSignal.any([options.signal, tooLate.signal]);
    return await options.authenticate(token, signal);
  } finally {
    clearTimeout(timer);
  }
}

/** What a client is told when it is not admitted: never why in detail. */
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
