import { Registry } from 'prom-client';
import { selfSigned } from '../x509/self-signed.ts';
import { systemClock } from '../common/clock.ts';
import type { Component } from '../common/component.ts';
import type { Logger } from '../common/logger.ts';
import { createMetricsServer } from '../connections/metrics-server.ts';
import { addProcessMetrics } from '../common/process-metrics.ts';
import type { ApiClient } from '../kubernetes/api-client.ts';
import { metricsAccess } from '../kubernetes/metrics-access.ts';

interface OperatorMetrics {
  readonly port: number;
  readonly client: Pick<ApiClient, 'create'>;
  readonly logger: Logger;
}

/** The operator's metrics, served with a self-signed certificate, so that they work before the mesh has a CA. */
export async function operatorMetrics({
  port,
  client,
  logger,
}: OperatorMetrics): Promise<Component> {
  const registry = new Registry();
  addProcessMetrics(registry);
  return createMetricsServer({
    port,
    certificate: await selfSigned('weft-operator', systemClock),
    access: metricsAccess(client, systemClock, logger),
    metrics: async () => ({ text: await registry.metrics(), type: registry.contentType }),
    logger,
  });
}
