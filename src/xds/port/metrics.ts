import type { CutReason } from './gated-connection.ts';
import type { ResourceType } from '../resources/resource.ts';

/** Why a stream ended, as a closed list: no label may depend on data of a client. */
export const streamEnds = [
  'client',
  'not-authenticated',
  'authentication-unavailable',
  'too-many-streams',
  'too-many-proxies',
  'too-many-requests',
  'too-many-names',
  'too-soon',
  'stranger',
  'malformed',
  'silent',
  'owing',
  'token-expired',
  'replaced',
  'pod-gone',
  'certificate-renewed',
  'shutdown',
  'internal',
] as const;
export type StreamEnd = (typeof streamEnds)[number];

/** Counts the events of the server. No label is per proxy. */
export interface XdsMetrics {
  streamOpened(): void;
  /** Also called for streams that were refused before they were open. */
  streamEnded(reason: StreamEnd): void;
  connected(streams: number): void;
  /** The server cut or refused a connection. */
  connectionCut(reason: CutReason): void;
  /** Lines that were not logged because there were many like them. */
  linesLeftOut(count: number): void;
  response(type: ResourceType, bytes: number): void;
  acknowledged(type: ResourceType): void;
  refused(type: ResourceType): void;
  /** Seconds from `publish` until the last stream was written to. */
  pushed(seconds: number): void;
}

export const noMetrics: XdsMetrics = {
  streamOpened: () => undefined,
  streamEnded: () => undefined,
  connected: () => undefined,
  connectionCut: () => undefined,
  linesLeftOut: () => undefined,
  response: () => undefined,
  acknowledged: () => undefined,
  refused: () => undefined,
  pushed: () => undefined,
};
