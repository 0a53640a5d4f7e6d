import { type DescMessage, type MessageShape, toBinary } from '@bufbuild/protobuf';
import { contentHash } from '../../common/hash.ts';
import { ClusterSchema } from '../../envoy/gen/envoy/config/cluster/v3/cluster_pb.js';
import { TypedExtensionConfigSchema } from '../../envoy/gen/envoy/config/core/v3/extension_pb.js';
import { ClusterLoadAssignmentSchema } from '../../envoy/gen/envoy/config/endpoint/v3/endpoint_pb.js';
import { ListenerSchema } from '../../envoy/gen/envoy/config/listener/v3/listener_pb.js';
import { RouteConfigurationSchema } from '../../envoy/gen/envoy/config/route/v3/route_pb.js';
import { SecretSchema } from '../../envoy/gen/envoy/extensions/transport_sockets/tls/v3/secret_pb.js';
import type { Origin } from '../../policy/origin.ts';
import { field, joined, opening, utf8 } from './raw.ts';
import { type Resource, type ResourceType, typeUrls } from './resource.ts';

/** The message behind each type. */
export const schemas = {
  cluster: ClusterSchema,
  endpoint: ClusterLoadAssignmentSchema,
  secret: SecretSchema,
  listener: ListenerSchema,
  extension: TypedExtensionConfigSchema,
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

/** The same for an already encoded message. */
export function encodedResource({ type, name, bytes, origins }: EncodedMessage): Resource {
  const version = contentHash(typeUrls[type], '\n', name, '\n', bytes);
  // envoy.service.discovery.v3.Resource {version = 1, resource = 2, name = 3}, where `resource` is a
  // google.protobuf.Any {type_url = 1, value = 2}. A big message is copied only once.
  const typeUrl = field(1, utf8(typeUrls[type]));
  const value = opening(2, bytes.length);
  const resource = opening(2, typeUrl.length + value.length + bytes.length);
  const parts = [field(1, utf8(version)), resource, typeUrl, value, bytes, field(3, utf8(name))];
  const encoded = joined(parts);
  return Object.freeze({ type, name, version, encoded, origins });
}
