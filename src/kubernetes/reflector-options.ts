import type { KubernetesObject } from '../api/core.ts';
import type { Clock } from '../common/clock.ts';
import type { Logger } from '../common/logger.ts';
import type { ListOptions } from './api-client.ts';
import type { BackOffLimits, Random } from './back-off.ts';
import type { NamespaceBudget } from './budget.ts';

export interface ReflectOptions<T extends KubernetesObject> extends ListOptions {
  /**
   * What to keep of an object, called once as it enters. It must keep name, namespace, uid and
   * resourceVersion. managedFields are gone already. An object it throws on is logged and left out.
   */
  readonly transform?: (object: T) => T;
  /** Items asked for in one page of a list; for kinds whose objects may be big. */
  readonly pageSize?: number;
  readonly ration?: Ration<T>;
  /** Whether the API server may not know the kind: then there are no objects, until the kind appears. */
  readonly optional?: boolean;
}

/** Bounds what is kept of each namespace. */
export interface Ration<T extends KubernetesObject> {
  /** May be shared by several kinds. */
  readonly budget: NamespaceBudget;
  /** Whether an object, as it arrives, is too heavy to be examined at all. */
  readonly isHuge: (object: T) => boolean;
  /** The weight of an object, as `transform` leaves it. */
  readonly weigh: (object: T) => number;
  /** The stand-in that the cache keeps for an object without room: its name, namespace, uid and resourceVersion. */
  readonly standIn: (object: T, weight: number) => T;
}

export interface ReflectorDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  /** A watch without a byte for this long is opened again. Default 130,000 ms. */
  readonly idleMs?: number;
  /** Default: from 100 ms to 30 s. */
  readonly backOff?: BackOffLimits;
  /** How often an absent optional kind is asked for. Default 10,000 ms. */
  readonly absentMs?: number;
}
