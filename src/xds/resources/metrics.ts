import { duration } from '../../envoy/duration.ts';
import type { Listener } from '../../envoy/gen/envoy/config/listener/v3/listener_pb.js';
import { adminCluster, metricsPath } from '../../envoy/names.ts';
import { plainLimits } from '../../envoy/plain-limits.ts';
import { ports } from '../../envoy/ports.ts';
import type { MeshSettings } from '../../policy/mesh-settings.ts';
import { regexHeader } from './header-matcher.ts';
import { plainListener } from './plain-listener.ts';

const answerMs = 10_000;
/** Prometheus opens one or two connections at a time. The thread that applies changes also makes each answer. */
const limits = { ...plainLimits, connections: 16 };

/** Matches exactly the page of statistics (all, or only those ever counted) and no other page of the admin. */
const page = `${metricsPath.replaceAll('.', '[.]')}([?]usedonly)?`;

/** Serves the sidecar's statistics to Prometheus in plaintext, where a user asked for that. */
export function metricsListener(settings: MeshSettings): Listener {
  const route = {
    match: {
      pathSpecifier: { case: 'path' as const, value: metricsPath },
      headers: [regexHeader(':path', page)],
    },
    action: {
      case: 'route' as const,
      value: {
        clusterSpecifier: { case: 'cluster' as const, value: adminCluster },
        timeout: duration(answerMs),
      },
    },
  };
  const listener = { name: 'metrics', port: ports.metrics, statPrefix: 'metrics', limits };
  return plainListener({ ...listener, routes: [route], longestMs: answerMs }, settings);
}
