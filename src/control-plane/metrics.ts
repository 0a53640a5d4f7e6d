import type { ServerIdentity } from '../certificates/leaves/server-certificate.ts';
import { type Component, component } from '../common/component.ts';
import { firstValue, type Followed } from '../common/topic.ts';
import { createMetricsServer } from '../connections/metrics-server.ts';
import { metricsAccess } from '../kubernetes/metrics-access.ts';
import { certificateSource } from './certificate-source.ts';
import type { ControlPlaneContext } from './context.ts';
import type { ControlPlaneMetrics } from './prometheus.ts';

/** Serves the metrics over TLS, once there is a certificate. */
export function metricsServer(
  { client, clock, options, logger: all }: ControlPlaneContext,
  identity: Followed<ServerIdentity | undefined>,
  metrics: ControlPlaneMetrics,
): Component {
  const logger = all.with({ part: 'metrics' });
  return component('metrics', async (signal) => {
    await firstValue(identity, signal);
    const server = createMetricsServer({
      port: options.ports.metrics,
      certificate: certificateSource(identity),
      access: metricsAccess(client, clock, logger),
      metrics: metrics.text,
      logger,
    });
    await server.run(signal);
  });
}
