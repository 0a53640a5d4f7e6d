import { type MessageInitShape, create } from '@bufbuild/protobuf';
import { any } from '../../envoy/any.ts';
import { TrafficDirection } from '../../envoy/gen/envoy/config/core/v3/base_pb.js';
import type { Filter } from '../../envoy/gen/envoy/config/listener/v3/listener_components_pb.js';
import {
  type Listener,
  ListenerSchema,
} from '../../envoy/gen/envoy/config/listener/v3/listener_pb.js';
import { TcpProxySchema } from '../../envoy/gen/envoy/extensions/filters/network/tcp_proxy/v3/tcp_proxy_pb.js';
import { outboundName, podListener } from '../../envoy/names.ts';
import type { Origin } from '../../policy/origin.ts';
import { type MeshServicePort, isHttp } from '../../policy/service.ts';
import type { ReachableService } from '../../policy/view.ts';
import { socketAddress } from './address.ts';
import type { BuiltResource } from './built-resource.ts';
import { callerFilter } from './caller.ts';
import type { WeightedCluster } from './destination.ts';
import { discovered, extension } from './discovered.ts';
import { httpConnectionManager } from './http-filters.ts';
import { tcpProxyFields } from './tcp-proxy.ts';

/** All small listeners share their counters: a thousand sets of counters would cost memory in every sidecar. */
const statPrefix = 'outbound';

/**
 * The addresses of one service port. The listener binds no port: the virtual listener hands connections over
 * (docs/decisions/0012).
 */
export function serviceListener(
  { service }: ReachableService,
  port: MeshServicePort,
  filter: Filter,
): Listener {
  const [first = '', ...others] = service.addresses;
  return create(ListenerSchema, {
    ...handedOver(filter),
    name: outboundName(service.key, port.port),
    address: socketAddress(first, port.port),
    additionalAddresses: others.map((address) => ({ address: socketAddress(address, port.port) })),
  });
}

/** The listener of one pod's own address behind a headless service. */
export function podAddressListener(address: string, podPort: number, filter: Filter): Listener {
  return create(ListenerSchema, {
    ...handedOver(filter),
    name: podListener(address, podPort),
    address: socketAddress(address, podPort),
  });
}

type HandedOver = Pick<
  MessageInitShape<typeof ListenerSchema>,
  'statPrefix' | 'bindToPort' | 'trafficDirection' | 'filterChains'
>;

function handedOver(filter: Filter): HandedOver {
  return {
    statPrefix,
    bindToPort: false,
    trafficDirection: TrafficDirection.OUTBOUND,
    filterChains: [{ filters: [callerFilter, filter] }],
  };
}

/**
 * The filter that a service port's bytes run through; `host` is the service. Their destination is in the route table or
 * extension of that name, so that a split that begins, changes or ends leaves the listener unchanged.
 */
export function buildTerminalFilter(
  { name, host }: { readonly name: string; readonly host: string },
  port: MeshServicePort,
): Filter {
  if (!isHttp(port.protocol)) return discovered(name, TcpProxySchema);
  return httpConnectionManager({ statPrefix: `rds-outbound.${port.port}`, routes: name, host });
}

/** The extension that leads a TCP port of that name to `clusters`. */
export function tcpExtension(
  name: string,
  clusters: readonly WeightedCluster[],
  origins: readonly Origin[],
): BuiltResource<'extension'> {
  const statPrefix = `outbound-mesh-tcp-proxy.${clusters[0]?.name ?? ''}`;
  return extension(name, any(TcpProxySchema, tcpProxyFields(statPrefix, clusters)), origins);
}
