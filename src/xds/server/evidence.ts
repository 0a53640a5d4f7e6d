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
  readonly objects: ReadonlyMap<OriginKey, ObjectEvidence>;
}
