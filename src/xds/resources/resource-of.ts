import type { DescMessage, MessageShape } from '@bufbuild/protobuf';
import { toBinary } from '@bufbuild/protobuf';
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { contentHash } from '../../common/hash.ts';
import { ClusterSchema } from '../../envoy/gen/envoy/config/cluster/v3/cluster_pb.js';
import { ClusterLoadAssignmentSchema } from '../../envoy/gen/envoy/config/endpoint/v3/endpoint_pb.js';
import { ListenerSchema } from '../../envoy/gen/envoy/config/listener/v3/listener_pb.js';
import { RouteConfigurationSchema } from '../../envoy/gen/envoy/config/route/v3/route_pb.js';
import { SecretSchema } from '../../envoy/gen/envoy/extensions/transport_sockets/tls/v3/secret_pb.js';
import type { Origin } from '../../policy/origin.ts';
import { type Resource, type ResourceType, typeUrls } from './resource.ts';

/** The message behind each type. */
export const schemas = {
  cluster: ClusterSchema,
  endpoint: ClusterLoadAssignmentSchema,
  secret: SecretSchema,
  listener: ListenerSchema,
  route: RouteConfigurationSchema,
} as const satisfies Record<ResourceType, DescMessage>;

export type ResourceMessage<T extends ResourceType> = MessageShape<(typeof schemas)[T]>;

/** Encodes a message once. Equal messages give equal bytes and so equal versions. */
export function resourceOf<T extends ResourceType>(
  type: T,
  message: ResourceMessage<T>,
  origins: readonly Origin[],
): Resource {
  const name = 'clusterName' in message ? message.clusterName : message.name;
  return encodedResource({ type, name, bytes: toBinary(schemas[type], message), origins });
}

export interface EncodedMessage {
  readonly type: ResourceType;
  readonly name: string;
  /** The message itself, encoded. */
  readonly bytes: Uint8Array;
  readonly origins: readonly Origin[];
}

/** The same for a message that is encoded already. */
export function encodedResource({ type, name, bytes, origins }: EncodedMessage): Resource {
  const version = contentHash(typeUrls[type], '\n', name, '\n', bytes);
  const packed = new BinaryWriter()
    .tag(1, WireType.LengthDelimited)
    .string(typeUrls[type])
    .tag(2, WireType.LengthDelimited)
    .bytes(bytes)
    .finish();
  // envoy.service.discovery.v3.Resource: version = 1, resource = 2, name = 3.
  const encoded = new BinaryWriter()
    .tag(1, WireType.LengthDelimited)
    .string(version)
    .tag(2, WireType.LengthDelimited)
    .bytes(packed)
    .tag(3, WireType.LengthDelimited)
    .string(name)
    .finish();
  return Object.freeze({ type, name, version, encoded, origins });
}
