import { type MessageInitShape, create } from '@bufbuild/protobuf';
import { TrafficDirection } from '../../envoy/gen/envoy/config/core/v3/base_pb.js';
import type { Filter } from '../../envoy/gen/envoy/config/listener/v3/listener_components_pb.js';
import {
  type Listener,
  ListenerSchema,
} from '../../envoy/gen/envoy/config/listener/v3/listener_pb.js';
import { outboundName, podListener } from '../../envoy/names.ts';
import type { MeshServicePort } from '../../policy/service.ts';
import type { ReachableService } from '../../policy/view.ts';
import { socketAddress } from './address.ts';
import { isHttp } from './cluster-traits.ts';
import type { WeightedCluster } from './destination.ts';
import { httpConnectionManager } from './http-filters.ts';
import { tcpProxy } from './tcp-proxy.ts';

/** All small listeners count together: a thousand sets of counters would cost every sidecar. */
const statPrefix = 'outbound';

/** The addresses of one service port. Nothing listens there: the virtual listener hands over. */
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

/** One pod's own address behind a headless service. */
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
    filterChains: [{ filters: [filter] }],
  };
}

/** What a service port's bytes run through. `routes` names its route table. */
export function terminal(
  routes: string,
  port: MeshServicePort,
  clusters: readonly WeightedCluster[],
): Filter {
  if (isHttp(port.protocol)) {
    return httpConnectionManager({
      statPrefix: `rds-outbound.${port.port}`,
      routes,
      options: { httpProtocolOptions: { acceptHttp10: true } },
    });
  }
  return tcpProxy(`outbound-mesh-tcp-proxy.${clusters[0]?.name ?? ''}`, clusters);
}
