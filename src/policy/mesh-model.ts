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
  /** By destination; sorted by name. In permissive mode they add nothing to what is allowed. */
  readonly rules: ReadonlyMap<IdentityKey, readonly AccessRule[]>;
  /**
   * Addresses (no prefix) to which plaintext must never leave a pod: those of all services of the mesh, of the pods of
   * headless ones, and in strict mode of the pods without a sidecar behind services; sorted. Filled only when egress is
   * on.
   */
  readonly neverPlaintext: readonly string[];
  /** By pod uid. */
  readonly workloads: ReadonlyMap<string, Workload>;
}
