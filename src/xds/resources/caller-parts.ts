import type { TransportSocket } from '../../envoy/gen/envoy/config/core/v3/base_pb.js';
import type { Filter } from '../../envoy/gen/envoy/config/listener/v3/listener_components_pb.js';
import type { MeshSettings } from '../../policy/mesh-settings.ts';
import type { Callers } from './inbound-callers.ts';
import { networkRbac } from './rbac-network.ts';
import { downstreamTls } from './tls.ts';

/** The parts of a filter chain that depend on its callers alone. */
export interface CallerParts {
  readonly rbac: Filter;
  readonly socket: TransportSocket;
}

/** Makes the parts of each caller once, for all chains of one listener. */
export function callerParts(settings: MeshSettings): (callers: Callers) => CallerParts {
  const known = new Map<string, CallerParts>();
  return ({ name, peers }) => {
    const before = known.get(name);
    if (before !== undefined) return before;
    const made = { rbac: networkRbac(peers), socket: downstreamTls(settings, peers) };
    known.set(name, made);
    return made;
  };
}
