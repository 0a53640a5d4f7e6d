import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { JsonValue } from '@bufbuild/protobuf';
import { bootstrapFileNames, bootstrapFiles } from '../../../src/envoy/bootstrap.ts';
import { adminUpstream } from '../../../src/envoy/static-listeners.ts';
import type { ResourceSet } from '../../../src/xds/resources/resource.ts';
import { CommandError, run } from '../../../tools/base/command.ts';
import { envoyBinary, envoyVersion } from '../../../tools/parts/envoy.ts';
import { jsonOf } from '../resources/messages.ts';

/** The Envoy that Weft is made for and its two predecessors. */
export const envoyVersions = [envoyVersion, '1.39.3', '1.38.3'] as const;

/**
 * What a real Envoy has against a set, "" when it takes it. Route tables and extensions stand inline for
 * this: Envoy does not look at those that come over a stream.
 */
export async function refusal(set: ResourceSet, version: string): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'weft-validate-'));
  const config = join(directory, 'envoy.json');
  try {
    await writeFile(config, JSON.stringify(bootstrap(set)));
    await run(await envoyBinary(version), ['--mode', 'validate', '-l', 'error', '-c', config]);
    return '';
  } catch (error) {
    if (error instanceof CommandError) return error.message;
    throw error;
  } finally {
    await rm(directory, { recursive: true });
  }
}

function bootstrap(set: ResourceSet): object {
  const routes = new Map([...set.route].map(([name, route]) => [name, jsonOf(route)]));
  const extensions = new Map([...set.extension].map(([name, one]) => [name, jsonOf(one)]));
  return {
    node: { id: 'check', cluster: 'check' },
    layered_runtime: sidecarRuntime(),
    dynamic_resources: {
      ads_config: {
        api_type: 'DELTA_GRPC',
        transport_api_version: 'V3',
        grpc_services: [{ envoy_grpc: { cluster_name: 'check-xds' } }],
      },
    },
    static_resources: {
      clusters: [checkXds, adminUpstream(), ...[...set.cluster.values()].map(jsonOf).map(loadable)],
      listeners: [...set.listener.values()].map((listener) =>
        inlined(jsonOf(listener), { routes, extensions }),
      ),
    },
  };
}

/** Limits that a sidecar's own bootstrap sets. */
function sidecarRuntime(): unknown {
  const files = bootstrapFiles({
    ...{ controlPlane: 'check', controlPlanePath: '/x', port: 1, ipv6: false, addresses: [] },
  });
  const { layered_runtime } = JSON.parse(files[bootstrapFileNames.bootstrap] ?? '{}') as {
    layered_runtime?: unknown;
  };
  return layered_runtime;
}

const checkXds = {
  name: 'check-xds',
  type: 'STATIC',
  load_assignment: { cluster_name: 'check-xds' },
  typed_extension_protocol_options: {
    'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': {
      '@type': 'type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions',
      explicit_http_config: { http2_protocol_options: {} },
    },
  },
};

/**
 * Envoy ends with a fault when a cluster of this kind stands in a file and takes its secrets from the
 * stream (it loads such clusters before there is a stream; from the stream itself they do no harm, as
 * headless.test.ts shows). All but its kind is checked.
 */
function loadable(cluster: JsonValue): JsonValue {
  const fields = cluster as { type?: string; transportSocket?: JsonValue; lbPolicy?: string };
  if (fields.type !== 'ORIGINAL_DST' || fields.transportSocket === undefined) return cluster;
  const edsConfig = { ads: {}, resourceApiVersion: 'V3' };
  return { ...fields, type: 'EDS', lbPolicy: 'ROUND_ROBIN', edsClusterConfig: { edsConfig } };
}

type ByName = ReadonlyMap<string, JsonValue>;

/** With routes and filters in place that would come over the stream. */
function inlined(
  json: JsonValue,
  apart: { readonly routes: ByName; readonly extensions: ByName },
): JsonValue {
  if (Array.isArray(json)) return json.map((item) => inlined(item, apart));
  if (typeof json !== 'object' || json === null) return json;
  const { name: filter, configDiscovery } = json;
  const extension = typeof filter === 'string' ? apart.extensions.get(filter) : undefined;
  if (configDiscovery !== undefined && extension !== undefined) return extension;
  const fields = Object.entries(json).map(([name, value]): [string, JsonValue] => {
    const route = name === 'rds' ? apart.routes.get(routeName(value)) : undefined;
    return route === undefined ? [name, inlined(value, apart)] : ['routeConfig', route];
  });
  return Object.fromEntries(fields);
}

function routeName(rds: JsonValue): string {
  return (rds as { routeConfigName: string }).routeConfigName;
}
