import { type MessageInitShape, create } from '@bufbuild/protobuf';
import { any } from '../../envoy/any.ts';
import { duration } from '../../envoy/duration.ts';
import {
  type Cluster,
  ClusterSchema,
  Cluster_DiscoveryType,
} from '../../envoy/gen/envoy/config/cluster/v3/cluster_pb.js';
import type { HealthCheckSchema } from '../../envoy/gen/envoy/config/core/v3/health_check_pb.js';
import { HttpProtocolOptionsSchema } from '../../envoy/gen/envoy/extensions/upstreams/http/v3/http_protocol_options_pb.js';
import type { MeshSettings } from '../../policy/mesh-settings.ts';
import type { ProbeTarget } from '../../policy/workload.ts';
import { loopback, loopbackByFamily } from './local-clusters.ts';
import { unverifiedTls } from './tls.ts';

/** While a port is down, it is checked every second; while it is up, every three seconds. */
const downIntervalMs = 1_000;
const upIntervalMs = 3_000;

/** By default Envoy sends the cluster's name, which is no valid authority: strict servers reset the stream. */
const authority = 'localhost';

/** The cluster that a probe calls. HTTP probes of one port share a cluster. */
export function probeCluster(probe: ProbeTarget): string {
  return probe.kind === 'http' || probe.kind === 'https'
    ? `probe|${probe.kind}|${probe.port}`
    : `probe|${probe.container}|${probe.probe}`;
}

/** The clusters behind a pod's probes, without repetition. */
export function probeClusters(
  probes: readonly ProbeTarget[],
  settings: MeshSettings,
): readonly Cluster[] {
  const clusters = new Map<string, Cluster>();
  for (const probe of probes) {
    const name = probeCluster(probe);
    if (!clusters.has(name)) clusters.set(name, clusterOf(name, probe, settings));
  }
  return [...clusters.values()];
}

function clusterOf(name: string, probe: ProbeTarget, settings: MeshSettings): Cluster {
  const checked = probe.kind === 'tcp' || probe.kind === 'grpc';
  return create(ClusterSchema, {
    name,
    clusterDiscoveryType: { case: 'type', value: Cluster_DiscoveryType.STATIC },
    connectTimeout: duration(timeoutMs(probe)),
    loadAssignment: checked
      ? loopbackByFamily(name, probe.port, settings)
      : loopback(name, probe.port, settings),
    ...(probe.kind === 'https' ? { transportSocket: unverifiedTls() } : {}),
    ...(probe.kind === 'grpc' ? { typedExtensionProtocolOptions: http2 } : {}),
    ...(checked ? { healthChecks: [check(probe)] } : {}),
  });
}

const http2 = {
  'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': any(HttpProtocolOptionsSchema, {
    upstreamProtocolOptions: {
      case: 'explicitHttpConfig',
      value: { protocolConfig: { case: 'http2ProtocolOptions', value: {} } },
    },
  }),
};

function check(probe: ProbeTarget): MessageInitShape<typeof HealthCheckSchema> {
  return {
    timeout: duration(timeoutMs(probe)),
    interval: duration(upIntervalMs),
    unhealthyInterval: duration(downIntervalMs),
    noTrafficInterval: duration(downIntervalMs),
    noTrafficHealthyInterval: duration(upIntervalMs),
    healthyThreshold: 1,
    unhealthyThreshold: 1,
    reuseConnection: false,
    healthChecker:
      probe.kind === 'grpc'
        ? { case: 'grpcHealthCheck', value: { serviceName: probe.service, authority } }
        : { case: 'tcpHealthCheck', value: {} },
  };
}

function timeoutMs(probe: ProbeTarget): number {
  return Math.max(1, probe.timeoutSeconds) * 1000;
}
