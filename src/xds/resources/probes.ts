import { type MessageInitShape, create } from '@bufbuild/protobuf';
import type { Listener } from '../../envoy/gen/envoy/config/listener/v3/listener_pb.js';
import type { RouteSchema } from '../../envoy/gen/envoy/config/route/v3/route_components_pb.js';
import { HealthCheckSchema } from '../../envoy/gen/envoy/extensions/filters/http/health_check/v3/health_check_pb.js';
import {
  type HttpFilter,
  HttpFilterSchema,
} from '../../envoy/gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.js';
import { any } from '../../envoy/any.ts';
import { healthcheckPath, hookPath, httpProbePath } from '../../envoy/names.ts';
import { probeLimits } from '../../envoy/plain-limits.ts';
import { ports } from '../../envoy/ports.ts';
import type { MeshSettings } from '../../policy/mesh-settings.ts';
import type { ProbeTarget } from '../../policy/workload.ts';
import { exactHeader } from './header-matcher.ts';
import { plainListener } from './plain-listener.ts';
import { probeCluster } from './probe-clusters.ts';
import { probeRoute } from './probe-route.ts';

const kinds = ['liveness', 'readiness', 'startup'] as const;

/**
 * The listeners that answer the kubelet in place of the application, a listener for each port in use
 * (docs/decisions/0016).
 */
export function probeListeners(
  probes: readonly ProbeTarget[],
  settings: MeshSettings,
): readonly Listener[] {
  const http = probes.filter(isHttp);
  const checked = probes.filter((probe) => !isHttp(probe));
  const routed = [
    ...kinds.map((kind) => ({
      name: kind,
      own: http.filter(({ probe }) => probe === kind),
      path: ({ container }: ProbeTarget): string => httpProbePath(kind, container),
    })),
    { name: 'hooks' as const, own: http.filter(isHook), path: pathOfHook },
  ];
  return [
    ...routed
      .filter(({ own }) => own.length > 0)
      .map(({ name, own, path }) =>
        listener(
          { name, of: own, routes: own.map((probe) => probeRoute(probe, path(probe))) },
          settings,
        ),
      ),
    ...(checked.length > 0
      ? [
          listener(
            { name: 'healthcheck', of: checked, routes: [], filters: checked.map(healthFilter) },
            settings,
          ),
        ]
      : []),
  ];
}

function isHttp(probe: ProbeTarget): boolean {
  return probe.kind === 'http' || probe.kind === 'https';
}

function isHook({ probe }: ProbeTarget): boolean {
  return probe === 'postStart' || probe === 'preStop';
}

function pathOfHook({ probe, container, key }: ProbeTarget): string {
  return hookPath(probe === 'preStop' ? 'preStop' : 'postStart', container, key);
}

/** Answers 200 while the application's port passes the cluster's active check on one family, otherwise 503. */
function healthFilter(probe: ProbeTarget): HttpFilter {
  const path = healthcheckPath(probe.probe as (typeof kinds)[number], probe.container);
  return create(HttpFilterSchema, {
    name: 'envoy.filters.http.health_check',
    configType: {
      case: 'typedConfig',
      value: any(HealthCheckSchema, {
        passThroughMode: false,
        headers: [exactHeader(':path', path)],
        clusterMinHealthyPercentages: { [probeCluster(probe)]: { value: 50 } },
      }),
    },
  });
}

interface ProbeListener {
  readonly name: (typeof kinds)[number] | 'hooks' | 'healthcheck';
  readonly of: readonly ProbeTarget[];
  readonly routes: MessageInitShape<typeof RouteSchema>[];
  readonly filters?: readonly HttpFilter[];
}

function listener(
  { name, of, routes, filters = [] }: ProbeListener,
  settings: MeshSettings,
): Listener {
  const longest = Math.max(...of.map(({ timeoutSeconds }) => timeoutSeconds));
  const options = {
    name: `probe/${name}`,
    port: ports[name],
    statPrefix: 'probes',
    routes,
    filters,
    limits: probeLimits,
  };
  return plainListener({ ...options, longestMs: longest * 1000 }, settings);
}
