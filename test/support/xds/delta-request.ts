import type { DeltaRequest } from '../../../src/xds/delta/request-bytes.ts';
import { type ResourceType, typeUrls } from '../../../src/xds/resources/resource.ts';

/** A request of that type that says nothing beside `more`. */
export function deltaRequest(type: ResourceType, more: Partial<DeltaRequest> = {}): DeltaRequest {
  return {
    typeUrl: typeUrls[type],
    subscribe: [],
    unsubscribe: [],
    initialVersions: new Map(),
    nonce: '',
    error: undefined,
    ...more,
  };
}
