import type { Images } from '../api/published-images.ts';
import { systemClock as clock } from '../common/clock.ts';
import type { Logger } from '../common/logger.ts';
import { createHealthServer } from '../connections/health-server.ts';
import { connect } from '../kubernetes/connect.ts';
import { createMetricsServer } from '../connections/metrics-server.ts';
import { metricsAccess } from '../kubernetes/metrics-access.ts';
import { selfSigned } from '../x509/self-signed.ts';
import { createOperatorMetrics } from './metrics.ts';
import { createOperator } from './operator.ts';

/** The options of an operator process. */
export interface OperatorProcess {
  readonly version: string;
  /** A kubeconfig file; undefined inside a cluster. */
  readonly kubeconfig: string | undefined;
  readonly namespace: string;
  /** The pod of this process. */
  readonly podName: string;
  /** Images that replace those of the install. */
  readonly images: Partial<Images>;
  readonly ports: { readonly health: number; readonly metrics: number };
  /** The allowed addresses of Vault, as https://host:port; empty allows all. */
  readonly vaultAddresses: readonly string[];
}

/** Runs the operator, with its health and metrics ports, until the signal aborts. */
export async function runOperator(
  { kubeconfig, podName, ports, ...options }: OperatorProcess,
  logger: Logger,
  signal: AbortSignal,
): Promise<void> {
  const client = await connect(kubeconfig === undefined ? {} : { kubeconfig });
  const metrics = createOperatorMetrics(options.version);
  const operator = createOperator({
    ...{ ...options, client, identity: podName, logger, clock },
    onReconciled: metrics.reconciled,
  });
  const metricsServer = createMetricsServer({
    port: ports.metrics,
    // The operator serves its metrics before the mesh has a certificate authority.
    certificate: await selfSigned('weft-operator', clock),
    access: metricsAccess(client, clock, logger),
    metrics: metrics.text,
    logger,
  });
  const health = createHealthServer({
    port: ports.health,
    live: [],
    ready: [{ name: 'operator', problem: () => operator.problem() }],
  });
  try {
    await Promise.all([health.run(signal), metricsServer.run(signal), operator.run(signal)]);
  } finally {
    await client.close();
  }
}
