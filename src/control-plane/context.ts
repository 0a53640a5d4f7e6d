import type { Clock } from '../common/clock.ts';
import type { Logger } from '../common/logger.ts';
import type { Random } from '../kubernetes/back-off.ts';
import type { ApiConnection } from '../kubernetes/connect.ts';
import type { ControlPlaneOptions } from './options.ts';

/** The dependencies that every part of a replica gets from the process. */
export interface ControlPlaneContext {
  readonly options: ControlPlaneOptions;
  readonly logger: Logger;
  readonly client: ApiConnection;
  readonly clock: Clock;
  readonly random: Random;
}
