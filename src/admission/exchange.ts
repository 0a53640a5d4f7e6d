import type { AdmissionAnswer, AdmissionHandler, AdmissionRequest } from '../api/admission.ts';
import { WeftError } from '../common/errors.ts';
import type { Logger } from '../common/logger.ts';
import { parseReview, renderReview } from './review.ts';

/** What an HTTP request says before its body. */
export interface CallHead {
  readonly method: string;
  /** Path and query, as on the request line. */
  readonly target: string;
  readonly contentType: string;
}

/** One HTTP request as far as admission cares for it. */
export interface Call extends CallHead {
  readonly body: Buffer;
}

export interface Reply {
  readonly status: number;
  readonly contentType: 'application/json' | 'text/plain';
  readonly body: string;
}

/** The handler for each path, such as `/mutate`. */
export type AdmissionRoutes = ReadonlyMap<string, AdmissionHandler>;

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** The handler that a request's body is for, or the refusal of a request whose body needs no reading. */
export function handlerFor(routes: AdmissionRoutes, head: CallHead): AdmissionHandler | Reply {
  const handler = routes.get(pathOf(head));
  if (handler === undefined) return refuse(404, 'no webhook is served at this path');
  if (head.method !== 'POST') return refuse(405, 'this path accepts POST only');
  if (!/^application\/json\b/i.test(head.contentType))
    return refuse(415, 'the content type must be application/json');
  return handler;
}

function pathOf({ target }: CallHead): string {
  return target.split('?', 1)[0] ?? '';
}

/**
 * Answers one call without any I/O. Never throws. A call that is no proper AdmissionReview gets a 4xx with the reason.
 * If the handler throws, the answer is a refusal with code 500, and the log gets a line.
 */
export function answerCall(routes: AdmissionRoutes, call: Call, log: Logger): Reply {
  const handler = handlerFor(routes, call);
  if (typeof handler !== 'function') return handler;
  const path = pathOf(call);
  const text = decode(call.body);
  const review = parseReview(text ?? '');
  if (!review.ok) return refuse(400, text === undefined ? 'the body is not UTF-8' : review.problem);
  return { status: 200, contentType: 'application/json', body: decide(handler, review.request) };

  function decide(by: AdmissionHandler, request: AdmissionRequest): string {
    try {
      return renderReview(request.uid, by(request));
    } catch (error) {
      const { message, code, stack } = WeftError.from(error);
      log.error('admission handler failed', {
        ...{ path, uid: request.uid, kind: request.kind.kind, namespace: request.namespace },
        ...{ name: request.name, code, error: message, stack },
      });
      return renderReview(request.uid, internalRefusal, 500);
    }
  }
}

const internalRefusal: AdmissionAnswer = {
  allowed: false,
  message:
    'Weft failed while it looked at this object; nothing was changed. ' +
    'The log of the control plane says why ("admission handler failed").',
};

function decode(body: Buffer): string | undefined {
  try {
    return utf8.decode(body);
  } catch {
    return undefined;
  }
}

/** A plain-text answer to a call that is no proper review. */
export function refuse(status: number, reason: string): Reply {
  return { status, contentType: 'text/plain', body: `${reason}\n` };
}
