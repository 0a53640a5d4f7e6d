import type { AccessRule } from './access.ts';
import type { EndpointMap } from './endpoints.ts';
import type { IdentityKey } from './identity.ts';
import type { MeshSettings } from './mesh-settings.ts';
import type { MeshService, ServiceKey } from './service.ts';
import type { Split } from './split.ts';
import type { Workload } from './workload.ts';

/**
 * The whole mesh in its own words, frozen. Where a part equals the previous model's, it is the very
 * same object: consumers may compare and cache by identity.
 */
export interface MeshModel {
  readonly settings: MeshSettings;
  readonly services: ReadonlyMap<ServiceKey, MeshService>;
  readonly endpoints: EndpointMap;
  /** By apex. */
  readonly splits: ReadonlyMap<ServiceKey, Split>;
  /** By destination; sorted by name. Empty in permissive mode. */
  readonly rules: ReadonlyMap<IdentityKey, readonly AccessRule[]>;
  /** By pod uid. */
  readonly workloads: ReadonlyMap<string, Workload>;
}
