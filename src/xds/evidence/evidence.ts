import type { Origin, OriginKey } from '../../policy/origin.ts';

/** A proxy's NACK of a resource made from an object, in Envoy's own words. */
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
  /** Some pods whose proxy has not acknowledged it, at most ten, sorted by name. */
  readonly waiting: readonly string[];
  /**
   * For what concerns every proxy (an origin without a namespace): of the proxies that have not acknowledged it, how
   * many are set aside, and how many have a pod whose sidecar never ran. `waiting` names neither.
   */
  readonly aside?: number;
  readonly unstarted?: number;
  /** At most ten, by pod name. */
  readonly rejections: readonly Rejection[];
  readonly rejected: number;
}

/** How a proxy counts that has not acknowledged something. A switch waits only for proxies that count. */
export type SwitchStanding = 'counts' | 'aside' | 'unstarted';

/** A stream of one pod. A pod has one at a time; if replicas know several, the newest counts. */
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
  /** The step that was published last, as the publisher counts; it shows whether a replica lags. */
  readonly step: number;
  /** Every stream, by the uid of its pod. */
  readonly streams: ReadonlyMap<string, Stream>;
  /** Uids of the pods whose proxy did not acknowledge everything, and of those that refused something. */
  readonly behind: ReadonlySet<string>;
  readonly refusing: ReadonlySet<string>;
  /** Of the pods in `behind`, those behind for 15 s: the proxy owes an ACK or NACK, or asks for nothing more. */
  readonly late: ReadonlySet<string>;
  /** Further statements of the replica, in its own format. Nothing here depends on them. */
  readonly facts: string;
  readonly objects: ReadonlyMap<OriginKey, ObjectEvidence>;
}

/** Names in a list of pods, at most. */
export const maxNamed = 10;

/** The connection itself, treated as an object: in force at a stream that was opened on the newest certificate. */
export const channelOrigin = { kind: 'ServerCertificate', namespace: '', name: 'mesh' } as const;
