export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  /** Path and query, as `api-path.ts` makes them. */
  readonly path: string;
  readonly body?: string;
  readonly contentType?: string;
}

export interface HttpResponse {
  readonly status: number;
  /** The Retry-After header as it came, seconds or a date. */
  readonly retryAfter: string | undefined;
  /** Must be read to its end, or the request's signal aborted: else the connection stays taken. */
  readonly body: AsyncIterable<Uint8Array>;
}

/**
 * One HTTP exchange with the API server, credentials included. Resolves when the headers are there,
 * whatever the status. Rejects when there was no answer. The signal ends the body's reading too.
 */
export interface Transport {
  send(request: HttpRequest, signal: AbortSignal): Promise<HttpResponse>;
}

/** The whole body as text. */
export async function readText(body: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}
