import type { JsonValue } from '@bufbuild/protobuf';
import { adminCluster } from '../../../src/envoy/names.ts';
import type { Resource, ResourceSet } from '../../../src/xds/resources/resource.ts';
import { jsonOf } from '../resources/messages.ts';

/**
 * What is wrong with a set as a whole, which no check of single resources shows: names that lead
 * nowhere, clusters that wait for endpoints, two listeners on one address, chains without RBAC.
 */
export function inconsistencies(set: ResourceSet): readonly string[] {
  const listeners = [...set.listener.values()].map((listener) => named(listener));
  const routes = [...set.route.values()].map((route) => named(route));
  const clusters = [...set.cluster.values()].map((cluster) => named(cluster));
  const routeNames = listeners.flatMap(({ json }) => values(json, 'routeConfigName').map(String));
  const extensions = [...set.extension.values()].map((extension) => named(extension));
  const extensionNames = listeners.flatMap(({ json }) => discoveredNames(json));
  // The listener of metrics alone may lead to Envoy's own admin, whose cluster is in the bootstrap.
  const clusterNames = [...listeners, ...extensions, ...routes].flatMap(({ name, json }) =>
    clusterNamesIn(json).filter((cluster) => name !== 'metrics' || cluster !== adminCluster),
  );
  const wanting = clusters.filter(({ json }) => values(json, 'edsConfig').length > 0);
  return [
    ...missing('route', routeNames, set.route),
    ...unnamed('route', routeNames, set.route),
    ...missing('extension', extensionNames, set.extension),
    ...unnamed('extension', extensionNames, set.extension),
    ...missing('cluster', clusterNames, set.cluster),
    ...missing(
      'endpoint',
      wanting.map(({ name }) => name),
      set.endpoint,
    ),
    ...[...set.endpoint.keys()]
      .filter((name) => !wanting.some((cluster) => cluster.name === name))
      .map((name) => `endpoint ${name} belongs to no cluster`),
    ...repeated(listeners.flatMap(({ json }) => boundAddresses(json))),
    ...unguarded(listeners.find(({ name }) => name === 'inbound')?.json),
  ];
}

interface Named {
  readonly name: string;
  readonly json: JsonValue;
}

const known = new WeakMap<Resource, Named>();

function named(resource: Resource): Named {
  const before = known.get(resource);
  if (before !== undefined) return before;
  const made = { name: resource.name, json: jsonOf(resource) };
  known.set(resource, made);
  return made;
}

function missing(
  type: string,
  names: readonly string[],
  have: ReadonlyMap<string, Resource>,
): readonly string[] {
  return [...new Set(names)]
    .filter((name) => !have.has(name))
    .map((name) => `${type} ${name} is named but not there`);
}

/** A type of which nothing is ever asked for. */
function unnamed(
  type: string,
  names: readonly string[],
  have: ReadonlyMap<string, Resource>,
): readonly string[] {
  const asked = names.some((name) => have.has(name));
  return have.size === 0 || asked ? [] : [`nothing names any ${type} that is there`];
}

/** Names of filters whose configuration comes apart. */
function discoveredNames(json: unknown): readonly string[] {
  if (typeof json !== 'object' || json === null) return [];
  const own = 'configDiscovery' in json && 'name' in json ? [String(json.name)] : [];
  return [...own, ...Object.values(json).flatMap(discoveredNames)];
}

function repeated(addresses: readonly string[]): readonly string[] {
  return addresses
    .filter((address, index) => addresses.indexOf(address) !== index)
    .map((address) => `two listeners take ${address}`);
}

/** Every inbound chain wants a certificate and starts with RBAC. */
function unguarded(inbound: JsonValue | undefined): readonly string[] {
  if (inbound === undefined) return [];
  const chains = (inbound as { filterChains?: { name: string; filters: { name: string }[] }[] })
    .filterChains;
  return (chains ?? []).flatMap((chain) => [
    ...(chain.filters[0]?.name === 'l4_rbac' ? [] : [`chain ${chain.name} has no RBAC`]),
    ...(values(chain, 'requireClientCertificate').length === 1
      ? []
      : [`chain ${chain.name} wants no certificate`]),
    ...(values(chain, 'matchTypedSubjectAltNames').length === 1
      ? []
      : [`chain ${chain.name} takes any certificate`]),
  ]);
}

function boundAddresses(listener: JsonValue): readonly string[] {
  const { address, additionalAddresses = [] } = listener as {
    address: JsonValue;
    additionalAddresses?: { address: JsonValue }[];
  };
  return [address, ...additionalAddresses.map((additional) => additional.address)].map((one) =>
    JSON.stringify(one),
  );
}

function clusterNamesIn(json: JsonValue): readonly string[] {
  const weighted = values(json, 'clusters').flatMap((list) => values(list, 'name'));
  const percentages = values(json, 'clusterMinHealthyPercentages').flatMap((map) =>
    Object.keys(map as object),
  );
  return [...values(json, 'cluster'), ...weighted, ...percentages].map(String);
}

/** The values of every field of that name, at any depth. */
function values(json: unknown, field: string): readonly unknown[] {
  if (typeof json !== 'object' || json === null) return [];
  return Object.entries(json).flatMap(([name, value]: [string, unknown]) => [
    ...(name === field ? [value] : []),
    ...values(value, field),
  ]);
}
