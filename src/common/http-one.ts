/**
 * Options of undici that keep it to HTTP/1.1. It offers HTTP/2 by itself, and Node 24 hangs there, and takes memory
 * until there is none, when a call with a body is given up before it was sent (docs/decisions/0123).
 */
export const httpOne = { allowH2: false } as const;
