import type { AccessRule } from './access.ts';
import type { IdentityKey } from './identity.ts';
import type { MeshSettings } from './mesh-settings.ts';
import type { Origin } from './origin.ts';
import type { MeshService } from './service.ts';
import type { Split } from './split.ts';
import type { ProbeTarget, ServedPort } from './workload.ts';

/** A service that an identity may call, and how much of it. */
export interface ReachableService {
  readonly service: MeshService;
  /**
   * The identities behind it that the caller may reach, sorted: endpoints of other identities are left out,
   * certificates of other identities refused. Empty (an apex whose own pods are closed to the caller): the service
   * leads nowhere unless its split does.
   */
  readonly accounts: readonly IdentityKey[];
  /** Set when a TrafficSplit has this service as apex; only backends that offer one of its ports. */
  readonly split: Split | undefined;
  /** Objects that made it reachable (TrafficTargets) or shaped it (its TrafficSplit). */
  readonly origins: readonly Origin[];
}

/** The services that one identity may call. Shared by all its proxies, and as far as possible between identities. */
export interface OutboundView {
  readonly account: IdentityKey;
  readonly services: readonly ReachableService[];
  /**
   * Addresses (no prefix) to which plaintext must never leave a pod: all services of the mesh, reachable or not, and
   * the pods of headless ones. Needed and filled only when egress is on.
   */
  readonly neverPlaintext: readonly string[];
  readonly settings: MeshSettings;
}

/** The ports of one workload, and the callers of each. */
export interface InboundView {
  readonly account: IdentityKey;
  readonly served: readonly ServedPort[];
  /** The rules of this destination; in permissive mode every other identity of the mesh is allowed, too. */
  readonly rules: readonly AccessRule[];
  readonly probes: readonly ProbeTarget[];
  readonly metrics: boolean;
  readonly settings: MeshSettings;
}

/** All that one proxy may know. Equal views are the same object. Endpoints are passed separately. */
export interface ProxyView {
  readonly inbound: InboundView;
  readonly outbound: OutboundView;
}
