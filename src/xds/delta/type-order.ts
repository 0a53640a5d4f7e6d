import { type ResourceType, typeUrls } from '../resources/resource.ts';

/**
 * Make before break: a resource is sent before the resources that name it.
 * https://www.envoyproxy.io/docs/envoy/latest/api-docs/xds_protocol#eventual-consistency-considerations
 * (docs/decisions/0020)
 */
export const pushOrder = [
  'cluster',
  'endpoint',
  'secret',
  'listener',
  'extension',
  'route',
] as const;

/** Removal order, the reverse of push order: a resource is removed only after everything that may reference it. */
export const removalOrder = [
  'listener',
  'extension',
  'route',
  'cluster',
  'endpoint',
  'secret',
] as const;

/** For each type, the types whose resources name it: the names that a proxy asks for come from these resources. */
export const referrers: Readonly<Record<ResourceType, readonly ResourceType[]>> = {
  cluster: [],
  endpoint: ['cluster'],
  secret: ['cluster', 'listener'],
  listener: [],
  extension: ['listener'],
  route: ['listener'],
};

const typesByUrl = new Map<string, ResourceType>(pushOrder.map((type) => [typeUrls[type], type]));

/** The type of a type URL; undefined for one that Weft does not serve. */
export function typeOf(typeUrl: string): ResourceType | undefined {
  return typesByUrl.get(typeUrl);
}

/**
 * Whether an empty first subscription means everything: "For Listener and Cluster resource types, there is also a
 * wildcard subscription" (xds_protocol, how the client specifies what resources to return).
 */
export function mayBeWildcard(type: ResourceType): boolean {
  return type === 'cluster' || type === 'listener';
}
