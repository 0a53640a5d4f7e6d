/* Why streams of proxies are closed. */
import { status } from '@grpc/grpc-js';
import type { Closing } from '../port/closing.ts';

export const clientLeft: Closing = { reason: 'client', code: status.OK, details: 'OK' };
export const tooManyStreams: Closing = {
  reason: 'too-many-streams',
  code: status.RESOURCE_EXHAUSTED,
  details: 'too many streams',
};
export const tooManyRequests: Closing = {
  reason: 'too-many-requests',
  code: status.RESOURCE_EXHAUSTED,
  details: 'too many requests, or too many bytes of them',
};
export const tooManyNames: Closing = {
  reason: 'too-many-names',
  code: status.RESOURCE_EXHAUSTED,
  details: 'too many names, versions or refusals to keep',
};
export const tooManyProxies: Closing = {
  reason: 'too-many-proxies',
  code: status.RESOURCE_EXHAUSTED,
  details:
    'this replica serves as many proxies as sidecar.maxDataPlaneConnections allows: connect to another replica',
};
export const malformed: Closing = {
  reason: 'malformed',
  code: status.INVALID_ARGUMENT,
  details: 'malformed request',
};
export const internal: Closing = {
  reason: 'internal',
  code: status.INTERNAL,
  details: 'internal error',
};
export const replaced: Closing = {
  reason: 'replaced',
  code: status.UNAVAILABLE,
  details: 'the pod opened another stream',
};
export const tooSoon: Closing = {
  reason: 'too-soon',
  code: status.RESOURCE_EXHAUSTED,
  details:
    'the pod used too much time of the server, or opened too many streams: it may open another stream after ten seconds',
};
export const podGone: Closing = {
  reason: 'pod-gone',
  code: status.UNAUTHENTICATED,
  details: 'not authenticated',
};
export const shutdown: Closing = {
  reason: 'shutdown',
  code: status.UNAVAILABLE,
  details: 'the server stops: connect to another replica',
};
export const tokenExpired: Closing = {
  reason: 'token-expired',
  code: status.UNAVAILABLE,
  details: 'the token has expired: connect again with a fresh one',
};
export const stranger: Closing = {
  reason: 'stranger',
  code: status.PERMISSION_DENIED,
  details: 'the pod is not a workload of this mesh: recreate it in a namespace of the mesh',
};
export const owing: Closing = {
  reason: 'owing',
  code: status.DEADLINE_EXCEEDED,
  details: 'a response was neither acknowledged nor refused for minutes',
};
export const silent: Closing = {
  reason: 'silent',
  code: status.DEADLINE_EXCEEDED,
  details: 'no request came',
};
