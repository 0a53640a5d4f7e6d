// No application sets narrower limits than a proxy before it may, so these stand above those of common
// servers: the laxest that limits at all by default (Go's) takes 1 MiB of headers.

/** Of a request's or response's headers together. */
export const maxHeadersKb = 2048;

/** Each header costs memory beyond its text, so their number has a limit of its own. */
export const headerCount = { maxHeadersCount: 10_000 };

/** HTTP/1 as two applications might speak it to one another: any method, trailers too. */
export const laxHttp1 = { allowCustomMethods: true, enableTrailers: true };

/** HTTP/2 likewise: WebSockets over it (RFC 8441) are passed on. */
export const laxHttp2 = { allowConnect: true };
