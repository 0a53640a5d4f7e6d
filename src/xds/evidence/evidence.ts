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
  /**
   * Of what concerns every proxy (an origin without a namespace): how many of those that have not acknowledged
   * it are set aside, and how many have a pod whose sidecar never ran. Neither are named in `waiting`.
   */
  readonly aside?: number;
  readonly unstarted?: number;
  /** At most ten, by pod name. */
  readonly rejections: readonly Rejection[];
  readonly rejected: number;
}

/** What a proxy counts for that has not acknowledged something: a switch waits for those that count. */
export type SwitchStanding = 'counts' | 'aside' | 'unstarted';

/** A stream of one pod. A pod has one at a time; of several, as replicas know them, the newest counts. */
export interface Stream {
  /** `<namespace>/<pod>`. */
  readonly pod: string;
  /** When it was admitted, in ms since the epoch. */
  readonly opened: number;
}

/** A replica's evidence: its proxies as a whole, and each object that concerns any of them. */
export interface Evidence {
  readonly connected: number;
  /** Proxies that acknowledged everything offered to them. */
  readonly synced: number;
  readonly rejected: number;
  /** What was published last, as the publisher counts: what a lagging replica is known by. */
  readonly step: number;
  /** Every stream, by the uid of its pod. */
  readonly streams: ReadonlyMap<string, Stream>;
  /** Uids of the pods whose proxy did not acknowledge everything, and of those that refused something. */
  readonly behind: ReadonlySet<string>;
  readonly refusing: ReadonlySet<string>;
  /** Of those behind, pods whose proxy has been so for 15 s: it owes an answer, or asks for nothing more. */
  readonly late: ReadonlySet<string>;
  /** What the replica says besides, in words of its own: nothing here depends on it. */
  readonly facts: string;
  readonly objects: ReadonlyMap<OriginKey, ObjectEvidence>;
}

/** Names in a list of pods, at the most. */
export const maxNamed = 10;

/** The connection itself as an object: in force where a stream was opened on the newest certificate. */
export const channelOrigin = { kind: 'ServerCertificate', namespace: '', name: 'mesh' } as const;
