import { type MessageInitShape, create } from '@bufbuild/protobuf';
import { duration } from '../../envoy/duration.ts';
import { TrafficDirection } from '../../envoy/gen/envoy/config/core/v3/base_pb.js';
import {
  type Listener,
  ListenerSchema,
} from '../../envoy/gen/envoy/config/listener/v3/listener_pb.js';
import { RouteConfigurationSchema } from '../../envoy/gen/envoy/config/route/v3/route_pb.js';
import type { RouteSchema } from '../../envoy/gen/envoy/config/route/v3/route_components_pb.js';
import { HealthCheckSchema } from '../../envoy/gen/envoy/extensions/filters/http/health_check/v3/health_check_pb.js';
import {
  type HttpFilter,
  HttpFilterSchema,
} from '../../envoy/gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.js';
import { any } from '../../envoy/any.ts';
import { healthcheckPath, httpProbePath } from '../../envoy/names.ts';
import { ports } from '../../envoy/ports.ts';
import type { MeshSettings } from '../../policy/mesh-settings.ts';
import type { ProbeTarget } from '../../policy/workload.ts';
import { bothFamilies } from './both-families.ts';
import { exactHeader } from './header-matcher.ts';
import { httpConnectionManager } from './http-filters.ts';
import { probeCluster } from './probe-clusters.ts';

const kinds = ['liveness', 'readiness', 'startup'] as const;

/** The listeners that answer the kubelet in place of the application, one for each port in use. */
export function probeListeners(
  probes: readonly ProbeTarget[],
  settings: MeshSettings,
): readonly Listener[] {
  const http = kinds.flatMap((kind) => {
    const own = probes.filter((probe) => probe.probe === kind && isHttpProbe(probe));
    return own.length === 0
      ? []
      : [listener({ name: `probe/${kind}`, port: ports[kind], routes: own.map(route) }, settings)];
  });
  const checked = probes.filter((probe) => !isHttpProbe(probe));
  if (checked.length === 0) return http;
  const filters = checked.map(healthFilter);
  const options = { name: 'probe/healthcheck', port: ports.healthcheck, routes: [], filters };
  return [...http, listener(options, settings)];
}

function isHttpProbe(probe: ProbeTarget): boolean {
  return probe.kind === 'http' || probe.kind === 'https';
}

/** The kubelet's own time limit comes first, so the same one here can only end what it gave up. */
function route(probe: ProbeTarget): MessageInitShape<typeof RouteSchema> {
  const path = httpProbePath(probe.probe, probe.container);
  return {
    match: { pathSpecifier: { case: 'path', value: path } },
    action: {
      case: 'route',
      value: {
        clusterSpecifier: { case: 'cluster', value: probeCluster(probe) },
        prefixRewrite: probe.path,
        timeout: duration(Math.max(1, probe.timeoutSeconds) * 1000),
      },
    },
  };
}

/** 200 while the application's port passes the cluster's active check on one family, else 503. */
function healthFilter(probe: ProbeTarget): HttpFilter {
  return create(HttpFilterSchema, {
    name: 'envoy.filters.http.health_check',
    configType: {
      case: 'typedConfig',
      value: any(HealthCheckSchema, {
        passThroughMode: false,
        headers: [exactHeader(':path', healthcheckPath(probe.probe, probe.container))],
        clusterMinHealthyPercentages: { [probeCluster(probe)]: { value: 50 } },
      }),
    },
  });
}

interface ProbeListener {
  readonly name: string;
  readonly port: number;
  readonly routes: MessageInitShape<typeof RouteSchema>[];
  readonly filters?: readonly HttpFilter[];
}

function listener(options: ProbeListener, settings: MeshSettings): Listener {
  const { name, port, routes, filters = [] } = options;
  return create(ListenerSchema, {
    name,
    ...bothFamilies(port, settings),
    trafficDirection: TrafficDirection.INBOUND,
    ignoreGlobalConnLimit: true,
    filterChains: [
      {
        filters: [
          httpConnectionManager({
            statPrefix: 'probes',
            routes: create(RouteConfigurationSchema, {
              name,
              virtualHosts: [{ name, domains: ['*'], routes }],
            }),
            filters,
            options: { accessLog: [] },
          }),
        ],
      },
    ],
  });
}
