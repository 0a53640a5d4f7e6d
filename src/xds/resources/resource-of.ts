import { type DescMessage, type MessageShape, toBinary } from '@bufbuild/protobuf';
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { contentHash } from '../../common/hash.ts';
import { ClusterSchema } from '../../envoy/gen/envoy/config/cluster/v3/cluster_pb.js';
import { TypedExtensionConfigSchema } from '../../envoy/gen/envoy/config/core/v3/extension_pb.js';
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
  const typeUrl = typeUrls[type];
  const value = toBinary(schemas[type], message);
  const version = contentHash(typeUrl, '\n', name, '\n', value);
  const encoded = discoveryResource({ name, version, typeUrl, value });
  return Object.freeze({ type, name, version, encoded, origins });
}

interface Discovery {
  readonly name: string;
  readonly version: string;
  readonly typeUrl: string;
  readonly value: Uint8Array;
}

/**
 * envoy.service.discovery.v3.Resource {version = 1, resource = 2, name = 3}, where `resource` is a google.protobuf.Any
 * {type_url = 1, value = 2}. Joined by hand, because the library would copy a big message several times.
 */
function discoveryResource({ name, version, typeUrl, value }: Discovery): Uint8Array {
  const any = textField(1, typeUrl).tag(2, lengthDelimited).uint32(value.length).finish();
  const resource = textField(1, version).tag(2, lengthDelimited);
  const before = resource
    .uint32(any.length + value.length)
    .raw(any)
    .finish();
  const after = textField(3, name).finish();
  const bytes = new Uint8Array(before.length + value.length + after.length);
  bytes.set(before);
  bytes.set(value, before.length);
  bytes.set(after, before.length + value.length);
  return bytes;
}

const lengthDelimited = WireType.LengthDelimited;

function textField(number: number, text: string): BinaryWriter {
  return new BinaryWriter().tag(number, lengthDelimited).string(text);
}
