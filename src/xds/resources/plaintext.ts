import type { MessageInitShape } from '@bufbuild/protobuf';
import { any } from '../../envoy/any.ts';
import type { Cluster_TransportSocketMatchSchema } from '../../envoy/gen/envoy/config/cluster/v3/cluster_pb.js';
import type { MetadataSchema } from '../../envoy/gen/envoy/config/core/v3/base_pb.js';
import { RawBufferSchema } from '../../envoy/gen/envoy/extensions/transport_sockets/raw_buffer/v3/raw_buffer_pb.js';
import type { MeshSettings } from '../../policy/mesh-settings.ts';

const mark = { 'weft-plaintext': true };

/** Marks an endpoint without a sidecar. An endpoint without this mark is called over mTLS. */
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
      configType: { case: 'typedConfig', value: any(RawBufferSchema) },
    },
  },
];

/**
 * Plaintext for marked endpoints, besides the cluster's mTLS. In permissive mode every cluster has it, so that a pod
 * that gains or loses its sidecar changes only endpoints. In strict mode no cluster has it, so that no endpoint,
 * whatever its marks, ever gets plaintext (docs/decisions/0076).
 */
export function plaintextMatches({ permissive }: MeshSettings): SocketMatches {
  return permissive ? plaintextOnMark : [];
}
