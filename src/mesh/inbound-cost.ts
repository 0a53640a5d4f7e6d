// What a rule costs the proxies of its destination, in bytes. Measured on what is encoded, and rounded up:
// test/features/adversarial/inbound-cost.test.ts holds it against the real resources.
import { onceFor } from '../common/once-for.ts';
import type { AccessRule, HttpMatch } from '../policy/access.ts';
import { httpKey } from '../policy/same-http.ts';

/** Bytes, and how many times the name of the Service comes on top of them. */
export interface Cost {
  readonly bytes: number;
  readonly names: number;
}

/**
 * The fixed cost of a served port for one Service: a cluster, a chain for callers that no rule names, a virtual host.
 */
export const costOfWay: Cost = { bytes: 4000, names: 24 };

const chain = { http: 2100, tcp: 1450, names: 8 };
const principal = 32;

/** The cost of the rules of one served port, for each Service that leads there. */
export class PortCost {
  readonly #http: boolean;
  readonly #sources = new Set<string>();
  readonly #requests = new Set<string>();
  bytes = costOfWay.bytes;
  names = costOfWay.names;

  constructor(http: boolean) {
    this.#http = http;
  }

  /** Adds a rule that holds on the port; returns the additional cost. */
  add({ sources, http }: AccessRule): Cost {
    if (!this.#http && http !== 'all') return nothing;
    const { bytes, names } = this;
    this.bytes += policy;
    for (const source of sources) {
      this.bytes += principal + source.length;
      if (this.#sources.has(source)) continue;
      this.#sources.add(source);
      // A source's name with escaped dots counts twice.
      this.bytes += (this.#http ? chain.http : chain.tcp) + 5 * source.length;
      this.names += chain.names;
    }
    if (this.#http) this.#addRequests(http);
    return { bytes: this.bytes - bytes, names: this.names - names };
  }

  /** Rules that allow the very same requests share a policy and its routes. */
  #addRequests(http: AccessRule['http']): void {
    const key = httpKey(http);
    if (http === 'all' || this.#requests.has(key)) return;
    this.#requests.add(key);
    for (const match of http) {
      const { bytes, names } = costOfMatch(match);
      this.bytes += bytes;
      this.names += names;
    }
  }
}

const nothing: Cost = { bytes: 0, names: 0 };
/** Bytes of the policy that names the rule. */
const policy = 128;

/** The most that a rule costs at a port for one Service, whatever other rules there are; computed once for a rule. */
export const mostOfRule = onceFor((rule: AccessRule): Cost => {
  return new PortCost(true).add(rule);
});

/** The cost of a match: a route for each method, and a permission. */
const costOfMatch = onceFor((match: HttpMatch): Cost => {
  const { pathRegex: path = '', methods, headers } = match;
  const texts = headers.reduce(
    (sum, { name, valueRegex }) => sum + sizeOf(name) + sizeOf(valueRegex) + 64,
    0,
  );
  const routes = Math.max(1, methods.length);
  const bytes = routes * (160 + sizeOf(path) + texts) + 500 + 2 * sizeOf(path) + texts;
  return { bytes: bytes + 64 * methods.length + widened(path), names: routes };
});

/**
 * Bytes by which the permission of a path becomes longer: it rewrites these parts so that they hold after escapes are
 * decoded.
 */
function widened(path: string): number {
  const classes = path.match(/\[\^|\\[DWS]/g)?.length ?? 0;
  const dots = path.match(/\./g)?.length ?? 0;
  return classes * 800 + dots * 28;
}

const encoder = new TextEncoder();

function sizeOf(text: string): number {
  return encoder.encode(text).length;
}
