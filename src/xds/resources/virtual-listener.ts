import { type MessageInitShape, create } from '@bufbuild/protobuf';
import { TrafficDirection } from '../../envoy/gen/envoy/config/core/v3/base_pb.js';
import type { FilterChainSchema } from '../../envoy/gen/envoy/config/listener/v3/listener_components_pb.js';
import {
  type Listener,
  ListenerSchema,
} from '../../envoy/gen/envoy/config/listener/v3/listener_pb.js';
import { outboundListener, passthroughCluster, refusedCluster } from '../../envoy/names.ts';
import { ports } from '../../envoy/ports.ts';
import type { OutboundView } from '../../policy/view.ts';
import { hostRange } from './address.ts';
import { bothFamilies } from './both-families.ts';
import { tcpProxy } from './tcp-proxy.ts';

/**
 * An address that no caller can dial. It stands in while there are no guarded addresses: without any, the chain would
 * match every address; and if the listener got its first chain later, Envoy would treat it as another listener and end
 * the connections that pass through.
 */
const undialled = '255.255.255.255';

type Chain = MessageInitShape<typeof FilterChainSchema>;

/**
 * The listener where everything that leaves the pod arrives, to be handed to the listener of its destination. A
 * connection to a destination without a listener is refused. With egress on it passes through, but never to a guarded
 * address: there a listener is only missing for a moment, or was rejected, or the service is closed to the caller
 * (docs/decisions/0006, docs/decisions/0012).
 */
export function virtualListener(view: Pick<OutboundView, 'neverPlaintext' | 'settings'>): Listener {
  const refuse = tcpProxy(refusedCluster, [{ name: refusedCluster, weight: 1 }]);
  const guarded: Chain = {
    name: 'guarded',
    filterChainMatch: {
      prefixRanges: (view.neverPlaintext.length > 0 ? view.neverPlaintext : [undialled]).map(
        hostRange,
      ),
    },
    filters: [refuse],
  };
  const passthrough: Chain = {
    name: 'passthrough',
    filters: [tcpProxy(passthroughCluster, [{ name: passthroughCluster, weight: 1 }])],
  };
  return create(ListenerSchema, {
    name: outboundListener,
    ...bothFamilies(ports.outbound, view.settings),
    useOriginalDst: true,
    trafficDirection: TrafficDirection.OUTBOUND,
    ...(view.settings.egress
      ? {
          filterChains: [guarded],
          defaultFilterChain: passthrough,
        }
      : { defaultFilterChain: { name: 'refused', filters: [refuse] } }),
  });
}
