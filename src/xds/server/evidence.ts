import type { Origin, OriginKey } from '../../policy/origin.ts';

/** A proxy's refusal of something made from an object, in Envoy's own words. */
export interface Rejection {
  readonly pod: string;
  readonly resource: string;
  readonly message: string;
}

/**
 * How far one object is in force at the proxies of one replica. `acknowledged` counts proxies that
 * acknowledged every resource made from the object at `origin.generation`.
 */
export interface ObjectEvidence {
  readonly origin: Origin;
  readonly total: number;
  readonly acknowledged: number;
  /** Some pods whose proxy has not acknowledged it, ten at most, by name. */
  readonly waiting: readonly string[];
  /** At most ten, by pod name. */
  readonly rejections: readonly Rejection[];
  readonly rejected: number;
}

/** A replica's evidence: its proxies as a whole, and each object that concerns any of them. */
export interface Evidence {
  readonly connected: number;
  /** Proxies that acknowledged everything offered to them. */
  readonly synced: number;
  readonly rejected: number;
  /** What was published last, as the publisher counts: what a lagging replica is known by. */
  readonly step: number;
  /** `<namespace>/<pod>` of every stream. */
  readonly pods: ReadonlySet<string>;
  readonly objects: ReadonlyMap<OriginKey, ObjectEvidence>;
}

/** Names in a list of pods, at the most. */
export const maxNamed = 10;

/** The connection itself as an object: in force where a stream was opened on the newest certificate. */
export const channelOrigin = { kind: 'ServerCertificate', namespace: '', name: 'mesh' } as const;
