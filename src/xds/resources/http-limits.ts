// A proxy must not be stricter than any application behind it, so these limits exceed those of common servers. The
// laxest of those that limit headers by default (Go's) accepts 1 MiB of headers (docs/decisions/0086).

/** Of a request's or response's headers together. */
export const maxHeadersKb = 2048;

/** Each header costs memory beyond its text, so the number of headers is limited as well. */
export const headerCount = { maxHeadersCount: 10_000 };

/** HTTP/1 as two applications might use it between them: any method, and trailers. */
export const laxHttp1 = { allowCustomMethods: true, enableTrailers: true };

/** HTTP/2 in the same way: WebSockets over HTTP/2 (RFC 8441) are passed on. */
export const laxHttp2 = { allowConnect: true };
