import type { AccessRule, HttpMatch } from '../../../src/policy/access.ts';
import { type Endpoint, type EndpointMap, portKey } from '../../../src/policy/endpoints.ts';
import { type IdentityKey, identityKey } from '../../../src/policy/identity.ts';
import { type MeshService, type Protocol, serviceKey } from '../../../src/policy/service.ts';
import type {
  InboundView,
  OutboundView,
  ProxyView,
  ReachableService,
} from '../../../src/policy/view.ts';
import type { ProbeTarget, ServedPort } from '../../../src/policy/workload.ts';
import { makeSettings } from './make-settings.ts';

/** `account('bookbuyer')` is bookbuyer/bookbuyer. */
export function account(serviceAccount: string, namespace = serviceAccount): IdentityKey {
  return identityKey({ namespace, serviceAccount });
}

/** A service `<name>/<name>` of one HTTP port 80, unless said otherwise. */
export function makeService(name: string, fields: Partial<MeshService> = {}): MeshService {
  const namespace = fields.namespace ?? name;
  return {
    key: serviceKey(namespace, name),
    namespace,
    name,
    addresses: ['10.96.0.1'],
    headless: false,
    ports: [makePort(80)],
    accounts: [account(name, namespace)],
    ...fields,
  };
}

export function makePort(port: number, protocol: Protocol = 'http'): MeshService['ports'][number] {
  return { port, name: '', protocol };
}

export function makeReachable(
  service: MeshService,
  fields: Partial<ReachableService> = {},
): ReachableService {
  return { service, accounts: service.accounts, split: undefined, origins: [], ...fields };
}

const noAddresses: readonly string[] = [];

export function makeOutbound(fields: Partial<OutboundView> = {}): OutboundView {
  return {
    account: account('bookbuyer'),
    services: [],
    neverPlaintext: noAddresses,
    settings: makeSettings(),
    ...fields,
  };
}

export function makeServed(targetPort: number, fields: Partial<ServedPort> = {}): ServedPort {
  return {
    targetPort,
    protocol: 'http',
    services: [serviceKey('bookstore', 'bookstore')],
    ...fields,
  };
}

export type InboundFields = Partial<Omit<InboundView, 'rules'>> & {
  readonly rules?: 'any' | readonly AccessRule[];
};

/** A view; `rules` may be 'any', which is permissive mode without rules. */
export function makeInbound({
  rules = [],
  settings = makeSettings(),
  ...fields
}: InboundFields = {}): InboundView {
  return {
    account: account('bookstore'),
    served: [],
    probes: [],
    metrics: false,
    ...fields,
    rules: rules === 'any' ? [] : rules,
    settings: rules === 'any' ? { ...settings, permissive: true } : settings,
  };
}

/** What a caller's sidecar gets: it serves nothing, and sees these services. */
export function makeCaller(
  caller: IdentityKey,
  services: readonly ReachableService[],
  settings = makeSettings(),
): ProxyView {
  return {
    inbound: makeInbound({ account: caller, settings }),
    outbound: makeOutbound({ account: caller, services, settings }),
  };
}

/** What a server's sidecar gets: it sees no service. */
export function makeServer(fields: InboundFields = {}): ProxyView {
  const inbound = makeInbound(fields);
  const { settings = makeSettings() } = fields;
  return { inbound, outbound: makeOutbound({ account: inbound.account, settings }) };
}

/** A rule that lets bookbuyer do everything at bookstore, unless said otherwise. */
export function makeRule(name: string, fields: Partial<AccessRule> = {}): AccessRule {
  return {
    name: `bookstore/${name}`,
    origins: [{ kind: 'TrafficTarget', namespace: 'bookstore', name, generation: 1 }],
    destination: account('bookstore'),
    sources: [account('bookbuyer')],
    ports: 'all',
    http: 'all',
    ...fields,
  };
}

export function makeMatch(fields: Partial<HttpMatch> = {}): HttpMatch {
  return { name: 'routes/match', pathRegex: undefined, methods: [], headers: [], ...fields };
}

export function makeEndpoint(address: string, port: number, of = account('bookstore')): Endpoint {
  return { address, port, account: of, hostname: '' };
}

/** Endpoints by `<namespace>/<service>|<port>`. */
export function makeEndpoints(lists: Readonly<Record<string, readonly Endpoint[]>>): EndpointMap {
  return new Map(
    Object.entries(lists).map(([key, list]) => {
      const bar = key.indexOf('|');
      const [namespace = '', name = ''] = key.slice(0, bar).split('/');
      return [portKey(serviceKey(namespace, name), Number(key.slice(bar + 1))), list];
    }),
  );
}

export function makeProbe(fields: Partial<ProbeTarget> = {}): ProbeTarget {
  return {
    container: 'app',
    probe: 'readiness',
    kind: 'http',
    port: 8080,
    path: '/',
    service: '',
    timeoutSeconds: 1,
    headers: [],
    key: '',
    ...fields,
  };
}
