import { createHash, hash } from 'node:crypto';
import { fromBinary } from '@bufbuild/protobuf';
import { BinaryReader } from '@bufbuild/protobuf/wire';
import { anyUnpack } from '@bufbuild/protobuf/wkt';
import {
  type Cluster,
  ClusterSchema,
  Cluster_DiscoveryType,
} from '../../src/envoy/gen/envoy/config/cluster/v3/cluster_pb.js';
import {
  type ClusterLoadAssignment,
  ClusterLoadAssignmentSchema,
} from '../../src/envoy/gen/envoy/config/endpoint/v3/endpoint_pb.js';
import type { Filter } from '../../src/envoy/gen/envoy/config/listener/v3/listener_components_pb.js';
import {
  type Listener,
  ListenerSchema,
} from '../../src/envoy/gen/envoy/config/listener/v3/listener_pb.js';
import {
  type RouteConfiguration,
  RouteConfigurationSchema,
} from '../../src/envoy/gen/envoy/config/route/v3/route_pb.js';
import { HttpConnectionManagerSchema } from '../../src/envoy/gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.js';
import { DeltaDiscoveryResponseSchema } from '../../src/envoy/gen/envoy/service/discovery/v3/discovery_pb.js';
import { typeOf } from '../../src/xds/delta/type-order.ts';
import type { ResourceType } from '../../src/xds/resources/resource.ts';

/** What a load proxy has to know of a response, whatever its nonce. */
export interface ResponseContent {
  readonly type: ResourceType;
  readonly names: readonly string[];
  readonly removed: readonly string[];
  /** Endpoints that the clusters in it ask for, routes that the listeners in it ask for. */
  readonly follows: readonly string[];
  /** Extensions that the listeners in it ask for, each once. */
  readonly extensions: readonly string[];
  /** What changes are recognised by: "10.0.0.1" in endpoints, "weights 1,99" in routes. */
  readonly marks: ReadonlySet<string>;
}

export interface ReadResponse {
  readonly nonce: string;
  readonly content: ResponseContent;
}

/** Of one resource: the names it asks for, and the marks in it. */
interface Read {
  readonly follows?: readonly string[];
  readonly extensions?: readonly string[];
  readonly marks?: readonly string[];
}

const mostKept = 2_000;
const responses = new Map<string, ResponseContent>();
const resources = new Map<string, Read>();

/** Parses a response; what is in it once for all proxies of the process that get the same. */
export function readResponse(bytes: Uint8Array): ReadResponse {
  const { nonce, from, to } = findNonce(bytes);
  const key = createHash('sha1')
    .update(bytes.subarray(0, from))
    .update(bytes.subarray(to))
    .digest('base64');
  return { nonce, content: kept(responses, key, () => parse(bytes)) };
}

const nonceField = 5;

/** The nonce, and where its field begins and ends. */
function findNonce(bytes: Uint8Array): { nonce: string; from: number; to: number } {
  const reader = new BinaryReader(bytes);
  while (reader.pos < reader.len) {
    const from = reader.pos;
    const [field, wireType] = reader.tag();
    if (field === nonceField) return { nonce: reader.string(), from, to: reader.pos };
    reader.skip(wireType, field);
  }
  throw new Error('a response without a nonce');
}

function kept<T>(known: Map<string, T>, key: string, make: () => T): T {
  const before = known.get(key);
  if (before !== undefined) return before;
  const made = make();
  known.set(key, made);
  for (const oldest of known.keys()) {
    if (known.size <= mostKept) break;
    known.delete(oldest);
  }
  return made;
}

const readers: Readonly<Record<ResourceType, (value: Uint8Array) => Read>> = {
  cluster: (value) => ({ follows: endpointsOf(fromBinary(ClusterSchema, value)) }),
  endpoint: (value) => ({ marks: addressesOf(fromBinary(ClusterLoadAssignmentSchema, value)) }),
  secret: () => ({}),
  listener: (value) => readListener(fromBinary(ListenerSchema, value)),
  extension: () => ({}),
  route: (value) => ({ marks: weightsOf(fromBinary(RouteConfigurationSchema, value)) }),
};

function parse(bytes: Uint8Array): ResponseContent {
  const message = fromBinary(DeltaDiscoveryResponseSchema, bytes);
  const type = typeOf(message.typeUrl);
  if (type === undefined) throw new Error(`a response of type ${message.typeUrl}`);
  const read = message.resources.map(({ resource }) => {
    const value = resource?.value ?? new Uint8Array();
    return kept(resources, `${type} ${hash('sha1', value, 'base64')}`, () => readers[type](value));
  });
  return {
    type,
    names: message.resources.map(({ name }) => name),
    removed: message.removedResources,
    follows: read.flatMap(({ follows = [] }) => follows),
    extensions: [...new Set(read.flatMap(({ extensions = [] }) => extensions))],
    marks: new Set(read.flatMap(({ marks = [] }) => marks)),
  };
}

function endpointsOf(cluster: Cluster): readonly string[] {
  const { clusterDiscoveryType: how, edsClusterConfig } = cluster;
  if (how.case !== 'type' || how.value !== Cluster_DiscoveryType.EDS) return [];
  const named = edsClusterConfig?.serviceName ?? '';
  return [named === '' ? cluster.name : named];
}

function readListener(listener: Listener): Read {
  const chains = [...listener.filterChains];
  if (listener.defaultFilterChain !== undefined) chains.push(listener.defaultFilterChain);
  const filters = chains.flatMap((chain) => chain.filters);
  const discovered = filters.filter(({ configType }) => configType.case === 'configDiscovery');
  return { follows: filters.flatMap(routesOf), extensions: discovered.map(({ name }) => name) };
}

function routesOf({ configType }: Filter): readonly string[] {
  const packed = configType.case === 'typedConfig' ? configType.value : undefined;
  const manager = packed === undefined ? undefined : anyUnpack(packed, HttpConnectionManagerSchema);
  const how = manager?.routeSpecifier;
  return how?.case === 'rds' ? [how.value.routeConfigName] : [];
}

function addressesOf(assignment: ClusterLoadAssignment): readonly string[] {
  return assignment.endpoints
    .flatMap(({ lbEndpoints }) => lbEndpoints)
    .flatMap(({ hostIdentifier }) => {
      const address =
        hostIdentifier.case === 'endpoint' ? hostIdentifier.value.address?.address : undefined;
      return address?.case === 'socketAddress' ? [address.value.address] : [];
    });
}

function weightsOf(route: RouteConfiguration): readonly string[] {
  return route.virtualHosts
    .flatMap(({ routes }) => routes)
    .flatMap(({ action }) => {
      const how = action.case === 'route' ? action.value.clusterSpecifier : undefined;
      if (how?.case !== 'weightedClusters') return [];
      const weights = how.value.clusters.map(({ weight }) => weight ?? 0);
      return [`weights ${weights.sort((a, b) => a - b).join(',')}`];
    });
}
