import { duration } from '../../envoy/duration.ts';
import type { Listener } from '../../envoy/gen/envoy/config/listener/v3/listener_pb.js';
import { adminCluster, metricsPath } from '../../envoy/names.ts';
import { plainLimits } from '../../envoy/plain-limits.ts';
import { ports } from '../../envoy/ports.ts';
import type { MeshSettings } from '../../policy/mesh-settings.ts';
import { regexHeader } from './header-matcher.ts';
import { plainListener } from './plain-listener.ts';

const answerMs = 10_000;
/** Prometheus comes once or twice at a time; each answer is made by the thread that also takes changes. */
const limits = { ...plainLimits, connections: 16 };

/** Exactly the page of statistics, all or those that were ever counted; no other part of the admin. */
const page = `${metricsPath.replaceAll('.', '[.]')}([?]usedonly)?`;

/** Shows the sidecar's statistics to Prometheus, in plaintext, where somebody asked for that. */
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
