import type { DescMessage, MessageShape } from '@bufbuild/protobuf';
import { ClusterSchema } from '../../envoy/gen/envoy/config/cluster/v3/cluster_pb.js';
import { TypedExtensionConfigSchema } from '../../envoy/gen/envoy/config/core/v3/extension_pb.js';
import { ClusterLoadAssignmentSchema } from '../../envoy/gen/envoy/config/endpoint/v3/endpoint_pb.js';
import { ListenerSchema } from '../../envoy/gen/envoy/config/listener/v3/listener_pb.js';
import { RouteConfigurationSchema } from '../../envoy/gen/envoy/config/route/v3/route_pb.js';
import { SecretSchema } from '../../envoy/gen/envoy/extensions/transport_sockets/tls/v3/secret_pb.js';
import type { Origin } from '../../policy/origin.ts';
import type { Resource, ResourceType } from './resource.ts';

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

/**
 * A resource as its builder makes it: Envoy's message, not encoded. `encode` makes the bytes. A message may share parts
 * with other messages, so whatever changes a message changes a copy.
 */
export interface BuiltResource<T extends ResourceType = ResourceType> extends Pick<
  Resource,
  'name' | 'origins' | 'grants'
> {
  readonly type: T;
  readonly message: ResourceMessage<T>;
}

export function builtResource<T extends ResourceType>(
  type: T,
  message: ResourceMessage<T>,
  origins: readonly Origin[],
): BuiltResource<T> {
  const name = 'clusterName' in message ? message.clusterName : message.name;
  return { type, name, message, origins };
}
