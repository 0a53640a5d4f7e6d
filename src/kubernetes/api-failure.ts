import { type ErrorCode, type Retry, WeftError } from '../common/errors.ts';
import { fieldsIn, fieldsOf, text } from '../common/read.ts';
import { type HttpRequest, type HttpResponse, readText } from './transport.ts';

/** The API server's answer to a refused call: its HTTP status and the fields of metav1.Status. */
export interface ApiStatus {
  readonly status: number;
  /** metav1.StatusReason such as "NotFound"; undefined when the answer was no Status object. */
  readonly reason: string | undefined;
  readonly message: string | undefined;
  /** How long the server asks to wait. */
  readonly retryAfterMs: number | undefined;
}

class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly answer: ApiStatus;

  constructor(answer: ApiStatus) {
    super(`${String(answer.status)} ${answer.reason ?? ''}`.trimEnd());
    this.answer = answer;
  }
}

/** The API server's answer behind an error of an ApiClient; undefined when there was none. */
export function apiStatusOf(error: unknown): ApiStatus | undefined {
  const cause = error instanceof WeftError ? error.cause : undefined;
  return cause instanceof Refusal ? cause.answer : undefined;
}

const byStatus: Readonly<Record<number, readonly [ErrorCode, Retry]>> = {
  // Credentials are renewed, and roles granted, without any event that we could wait for.
  401: ['api-rejected', 'soon'],
  403: ['api-rejected', 'soon'],
  404: ['api-not-found', 'soon'],
  408: ['api-unavailable', 'soon'],
  409: ['api-conflict', 'soon'],
  410: ['api-gone', 'soon'],
  429: ['api-unavailable', 'soon'],
};

/** The WeftError for an answer of the API server: its code and retry follow from the HTTP status alone. */
export function failureOf(answer: ApiStatus, request?: HttpRequest): WeftError {
  const [code, retry] =
    byStatus[answer.status] ??
    (answer.status >= 500
      ? (['api-unavailable', 'soon'] as const)
      : (['api-rejected', 'never'] as const));
  const where = request === undefined ? 'watch' : `${request.method} ${pathOf(request)}`;
  const serverMessage =
    request !== undefined && mayHoldSecrets(request) ? undefined : answer.message;
  const message = `${where}: ${[String(answer.status), answer.reason, serverMessage].filter(Boolean).join(' ')}`;
  return new WeftError(code, message, { cause: new Refusal(answer), retry });
}

/** There was no answer at all: refused, cut, or too late. */
export function noAnswer(cause: unknown): WeftError {
  return new WeftError('api-unavailable', 'no answer from the API server', {
    cause,
    retry: 'soon',
  });
}

/** Reads a response that is not a success. A body that cannot be read does not make it reject. */
export async function readFailure(
  request: HttpRequest,
  response: HttpResponse,
): Promise<WeftError> {
  const body = await readText(response.body).catch(() => '');
  return failureOf(parseStatus(body, response), request);
}

function parseStatus(json: string, response: HttpResponse): ApiStatus {
  const body = fieldsIn(json);
  const details = fieldsOf(body['details']);
  const seconds = details['retryAfterSeconds'];
  return {
    status: response.status,
    reason: text(body['reason']),
    message: text(body['message']),
    retryAfterMs:
      parseRetryAfter(response.retryAfter) ??
      (typeof seconds === 'number' && seconds > 0 ? seconds * 1000 : undefined),
  };
}

/** RFC 9110 §10.2.3, seconds only: the API server sends no dates. */
function parseRetryAfter(header: string | undefined): number | undefined {
  return header !== undefined && /^\d{1,6}$/.test(header) ? Number(header) * 1000 : undefined;
}

/** The metav1.Status of an ERROR event inside a watch. */
export function watchStatus(object: unknown): ApiStatus {
  const status = fieldsOf(object);
  const code = status['code'];
  return {
    status: typeof code === 'number' ? code : 500,
    reason: text(status['reason']),
    message: text(status['message']),
    retryAfterMs: undefined,
  };
}

function pathOf(request: HttpRequest): string {
  return request.path.split('?', 1)[0] ?? request.path;
}

/** A refusal may quote the value it refuses. */
function mayHoldSecrets(request: HttpRequest): boolean {
  return /\/secrets(\/|$)/.test(pathOf(request));
}
