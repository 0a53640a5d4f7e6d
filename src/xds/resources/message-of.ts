import { fromBinary } from '@bufbuild/protobuf';
import { ResourceSchema } from '../../envoy/gen/envoy/service/discovery/v3/discovery_pb.js';
import { type ResourceMessage, schemas } from './built-resource.ts';
import type { Resource, ResourceType } from './resource.ts';

/**
 * The message that a resource carries, decoded from the bytes that proxies get. Each call returns another object. Throws
 * when the resource is of another type.
 */
export function messageOf<T extends ResourceType>(type: T, resource: Resource): ResourceMessage<T> {
  const { resource: packed } = fromBinary(ResourceSchema, resource.encoded);
  if (packed === undefined || resource.type !== type)
    throw new Error(`${resource.name} is not a ${type}`);
  return fromBinary(schemas[type], packed.value);
}
