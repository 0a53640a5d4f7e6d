import type { MessageInitShape } from '@bufbuild/protobuf';
import { emptyAny } from '../../envoy/any.ts';
import type { Cluster_TransportSocketMatchSchema } from '../../envoy/gen/envoy/config/cluster/v3/cluster_pb.js';
import type { MetadataSchema } from '../../envoy/gen/envoy/config/core/v3/base_pb.js';
import type { MeshSettings } from '../../policy/mesh-settings.ts';

const mark = { 'weft-plaintext': true };

/** On an endpoint without a sidecar. One that says nothing is spoken to in mTLS. */
export const plaintextMetadata: MessageInitShape<typeof MetadataSchema> = {
  filterMetadata: { 'envoy.transport_socket_match': mark },
};

type SocketMatches = MessageInitShape<typeof Cluster_TransportSocketMatchSchema>[];

const plaintextOnMark: SocketMatches = [
  {
    name: 'plaintext',
    match: mark,
    transportSocket: {
      name: 'envoy.transport_sockets.raw_buffer',
      configType: {
        case: 'typedConfig',
        value: emptyAny('envoy.extensions.transport_sockets.raw_buffer.v3.RawBuffer'),
      },
    },
  },
];

/**
 * Beside a cluster's mTLS: plaintext for the endpoints that are marked so. In permissive mode every
 * cluster has it, so that a pod that gains or loses its sidecar changes endpoints alone; in strict mode
 * none has, so that no endpoint, however marked, is ever sent plaintext.
 */
export function plaintextMatches({ permissive }: MeshSettings): SocketMatches {
  return permissive ? plaintextOnMark : [];
}
