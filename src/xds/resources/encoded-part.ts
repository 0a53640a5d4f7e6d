import { encode } from './encode.ts';
import type { BuiltPart } from './inbound.ts';
import type { Resource } from './resource.ts';
import type { BoundListener, BuiltService } from './service-part.ts';

/** The resources of one side of a proxy, in any order. */
export interface Part {
  readonly listeners: readonly Resource[];
  readonly routes: readonly Resource[];
  readonly clusters: readonly Resource[];
}

/** What a caller needs to reach one service. */
export interface ServicePart extends Pick<BuiltService, 'wants' | 'pods'> {
  readonly listeners: readonly BoundListener<Resource>[];
  readonly routes: readonly Resource[];
  readonly extensions: readonly Resource[];
  readonly clusters: readonly Resource[];
}

export function encodedPart({ listeners, routes, clusters }: BuiltPart): Part {
  return {
    listeners: listeners.map(encode),
    routes: routes.map(encode),
    clusters: clusters.map(encode),
  };
}

export function encodedService(built: BuiltService): ServicePart {
  return {
    ...built,
    listeners: built.listeners.map(({ resource, addresses }) => ({
      resource: encode(resource),
      addresses,
    })),
    routes: built.routes.map(encode),
    extensions: built.extensions.map(encode),
    clusters: built.clusters.map(encode),
  };
}
