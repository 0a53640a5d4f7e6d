import { anyUnpack, type Any } from '@bufbuild/protobuf/wkt';
import { ClusterSchema } from '../../../src/envoy/gen/envoy/config/cluster/v3/cluster_pb.js';
import { ClusterLoadAssignmentSchema } from '../../../src/envoy/gen/envoy/config/endpoint/v3/endpoint_pb.js';
import type { Filter } from '../../../src/envoy/gen/envoy/config/listener/v3/listener_components_pb.js';
import { ListenerSchema } from '../../../src/envoy/gen/envoy/config/listener/v3/listener_pb.js';
import {
  type RouteConfiguration,
  RouteConfigurationSchema,
} from '../../../src/envoy/gen/envoy/config/route/v3/route_pb.js';
import type { DataSource } from '../../../src/envoy/gen/envoy/config/core/v3/base_pb.js';
import { SecretSchema } from '../../../src/envoy/gen/envoy/extensions/transport_sockets/tls/v3/secret_pb.js';
import type { CertificateValidationContext } from '../../../src/envoy/gen/envoy/extensions/transport_sockets/tls/v3/common_pb.js';
import { SPIFFECertValidatorConfigSchema } from '../../../src/envoy/gen/envoy/extensions/transport_sockets/tls/v3/tls_spiffe_validator_config_pb.js';
import { HttpConnectionManagerSchema } from '../../../src/envoy/gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.js';
import type { ResourceType } from '../../../src/xds/resources/resource.ts';
import { type Received, XdsClient, type XdsClientOptions } from './xds-client.ts';
import { until } from '../time/until.ts';

/** What the double holds of one type: resource and version by name. */
type Held = Map<string, { readonly version: string; readonly resource: Any | undefined }>;

/** A reason to refuse a response, or undefined to acknowledge it. */
export type FindFault = (received: Received) => string | undefined;

function textIn({ specifier }: DataSource): string {
  return specifier.case === 'inlineString' ? specifier.value : '';
}

function domainsIn({
  customValidatorConfig,
}: CertificateValidationContext): Readonly<Record<string, string>> | undefined {
  const config = customValidatorConfig?.typedConfig;
  const validator = config && anyUnpack(config, SPIFFECertValidatorConfigSchema);
  return (
    validator &&
    Object.fromEntries(
      validator.trustDomains.map(({ name, trustBundle }) => [
        name,
        trustBundle === undefined ? '' : textIn(trustBundle),
      ]),
    )
  );
}

function filtersOf(resource: Any | undefined): readonly Filter[] {
  const listener = resource === undefined ? undefined : anyUnpack(resource, ListenerSchema);
  const chains = [...(listener?.filterChains ?? []), listener?.defaultFilterChain];
  return chains.flatMap((chain) => chain?.filters ?? []);
}

function routeNames(resource: Any | undefined): readonly string[] {
  return filtersOf(resource).flatMap(({ configType }) => {
    if (configType.case !== 'typedConfig') return [];
    const manager = anyUnpack(configType.value, HttpConnectionManagerSchema);
    const specifier = manager?.routeSpecifier;
    return specifier?.case === 'rds' ? [specifier.value.routeConfigName] : [];
  });
}

/**
 * A proxy that behaves as Envoy does towards a delta-ADS server: clusters and listeners by wildcard,
 * then endpoints, secrets, extensions and routes by the names it finds in them; everything is acknowledged unless
 * `findFault` refuses it.
 */
export class ProxyDouble {
  readonly held: Readonly<Record<ResourceType, Held>> = {
    cluster: new Map(),
    endpoint: new Map(),
    secret: new Map(),
    listener: new Map(),
    extension: new Map(),
    route: new Map(),
  };
  /** Responses received, in order, as `<type> +name -name`. */
  readonly responses: string[] = [];
  readonly #client: XdsClient;
  readonly #findFault: FindFault;
  readonly #asked: Record<'endpoint' | 'secret' | 'extension' | 'route', Set<string>> = {
    endpoint: new Set(),
    secret: new Set(),
    extension: new Set(),
    route: new Set(),
  };
  readonly #over: Promise<void>;
  #ended = false;

  constructor(options: XdsClientOptions, findFault: FindFault = () => undefined) {
    this.#client = new XdsClient(options);
    this.#findFault = findFault;
    this.#client.send('cluster', { node: { id: 'whatever', cluster: 'it claims' } });
    this.#client.send('listener');
    this.#ask('secret', ['workload', 'ca:trust']);
    this.#over = this.#run()
      .catch(() => undefined)
      .finally(() => (this.#ended = true));
  }

  /** Waits until `condition` holds; rejects after `withinMs`, saying what is held. */
  async until(condition: () => boolean, withinMs = 10_000): Promise<void> {
    await until(condition, { withinMs, seen: () => `holds ${this.describe()}` });
  }

  /** The endpoints of a cluster, `<ip>:<port>`. */
  endpoints(cluster: string): readonly string[] {
    const resource = this.held.endpoint.get(cluster)?.resource;
    const assignment = resource && anyUnpack(resource, ClusterLoadAssignmentSchema);
    const all = (assignment?.endpoints ?? []).flatMap(({ lbEndpoints }) => lbEndpoints);
    return all.flatMap(({ hostIdentifier }) => {
      if (hostIdentifier.case !== 'endpoint') return [];
      const address = hostIdentifier.value.address?.address;
      if (address?.case !== 'socketAddress') return [];
      const { address: ip, portSpecifier } = address.value;
      return [`${ip}:${portSpecifier.value ?? ''}`];
    });
  }

  /** The stream is over. */
  get ended(): boolean {
    return this.#ended;
  }

  /** The certificate chain of the workload, and the roots by trust domain that it judges its peers by; PEM. */
  secrets():
    { readonly leaf: string; readonly trust: Readonly<Record<string, string>> } | undefined {
    const [own, roots] = ['workload', 'ca:trust'].map((name) => {
      const resource = this.held.secret.get(name)?.resource;
      return resource && anyUnpack(resource, SecretSchema)?.type;
    });
    const leaf = own?.case === 'tlsCertificate' ? own.value.certificateChain : undefined;
    const trust = roots?.case === 'validationContext' ? domainsIn(roots.value) : undefined;
    return leaf === undefined || trust === undefined ? undefined : { leaf: textIn(leaf), trust };
  }

  route(name: string): RouteConfiguration | undefined {
    const resource = this.held.route.get(name)?.resource;
    return resource && anyUnpack(resource, RouteConfigurationSchema);
  }

  describe(): string {
    return Object.entries(this.held)
      .map(([type, held]) => `${type}: ${[...held.keys()].join(' ') || '-'}`)
      .join('; ');
  }

  async stop(): Promise<void> {
    this.#client.close();
    await this.#over;
  }

  async #run(): Promise<void> {
    for (;;) {
      const received = await this.#client.next(3_600_000);
      this.#take(received);
    }
  }

  #take(received: Received): void {
    const { type, message, names } = received;
    if (type === undefined) throw new Error(`unknown type ${message.typeUrl}`);
    const removed = message.removedResources.map((name) => `-${name}`);
    this.responses.push([type, ...names.map((name) => `+${name}`), ...removed].join(' '));
    const refusal = this.#findFault(received);
    if (refusal === undefined) {
      for (const { name, version, resource } of message.resources) {
        this.held[type].set(name, { version, resource });
      }
      for (const name of message.removedResources) this.held[type].delete(name);
    }
    this.#client.acknowledge(received, refusal);
    if (type === 'cluster') this.#ask('endpoint', this.#edsClusters());
    if (type !== 'listener') return;
    this.#ask('extension', this.#extensions());
    this.#ask('route', this.#routes());
  }

  #edsClusters(): readonly string[] {
    return [...this.held.cluster].flatMap(([name, { resource }]) => {
      const cluster = resource && anyUnpack(resource, ClusterSchema);
      return cluster?.edsClusterConfig === undefined ? [] : [name];
    });
  }

  #extensions(): readonly string[] {
    const filters = [...this.held.listener.values()].flatMap(({ resource }) => filtersOf(resource));
    const discovered = filters.filter(({ configType }) => configType.case === 'configDiscovery');
    return [...new Set(discovered.map(({ name }) => name))];
  }

  #routes(): readonly string[] {
    return [...this.held.listener.values()].flatMap(({ resource }) => routeNames(resource));
  }

  #ask(type: 'endpoint' | 'secret' | 'extension' | 'route', names: readonly string[]): void {
    const asked = this.#asked[type];
    const fresh = names.filter((name) => !asked.has(name));
    const over = type === 'secret' ? [] : [...asked].filter((name) => !names.includes(name));
    for (const name of fresh) asked.add(name);
    for (const name of over) {
      asked.delete(name);
      this.held[type].delete(name);
    }
    if (fresh.length + over.length === 0) return;
    this.#client.send(type, { resourceNamesSubscribe: [...fresh], resourceNamesUnsubscribe: over });
  }
}
