import type { IdentityKey } from './identity.ts';
import type { Origin } from './origin.ts';

/** A header that must match: the value regex is RE2, over the whole value. `host` means :authority. */
export interface HeaderMatch {
  readonly name: string;
  readonly valueRegex: string;
}

/** One `matches` entry of an HTTPRouteGroup. All parts must hold; headers are ANDed. */
export interface HttpMatch {
  /** `<group>/<match name>`, for names and messages only. */
  readonly name: string;
  /** RE2 over the path without query; undefined: any path. */
  readonly pathRegex: string | undefined;
  /** Upper case; empty: any method. */
  readonly methods: readonly string[];
  readonly headers: readonly HeaderMatch[];
}

/**
 * What one TrafficTarget allows: any of `sources`, on any of `ports`, with any of `http`. Rules are
 * additive; a rule whose references do not resolve never gets this far. `sources` is never empty.
 */
export interface AccessRule {
  readonly name: string;
  /** The TrafficTarget first, then the route objects that it references. */
  readonly origins: readonly Origin[];
  readonly destination: IdentityKey;
  readonly sources: readonly IdentityKey[];
  /** Ports at the destination pod (target ports); sorted. */
  readonly ports: 'all' | readonly number[];
  /** 'all': opaque TCP and every HTTP request. A list: only these HTTP requests, and no opaque TCP. */
  readonly http: 'all' | readonly HttpMatch[];
}
