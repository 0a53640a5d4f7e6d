/**
 * Options that restrict undici to HTTP/1.1. By default undici offers HTTP/2. On Node 24 it then hangs and uses up all
 * memory when a call with a body is cancelled before the body was sent (docs/decisions/0123).
 */
export const httpOne = { allowH2: false } as const;
