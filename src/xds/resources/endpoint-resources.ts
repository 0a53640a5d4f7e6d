import type { Endpoint } from '../../policy/endpoints.ts';
import { encode } from './encode.ts';
import { assignment } from './endpoints.ts';
import type { Resource } from './resource.ts';
import type { EndpointWant } from './service-part.ts';

/**
 * The EDS resources of endpoint lists, remembered by the list's identity. So a list that did not change, or that many
 * callers may know, is encoded once.
 */
export class EndpointResources {
  readonly #resources = new WeakMap<readonly Endpoint[], Map<string, Resource>>();

  get(want: EndpointWant, endpoints: readonly Endpoint[]): Resource {
    const known = this.#resources.get(endpoints) ?? new Map<string, Resource>();
    if (known.size === 0) this.#resources.set(endpoints, known);
    const id = cacheKey(want);
    const before = known.get(id);
    if (before !== undefined) return before;
    const made = encode(assignment(want, endpoints));
    known.set(id, made);
    return made;
  }
}

function cacheKey(want: EndpointWant): string {
  return [want.key, ...want.accounts].join('\n');
}
