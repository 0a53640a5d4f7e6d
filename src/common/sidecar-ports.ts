/**
 * The ports of a sidecar, OSM's where OSM had them. Interception must leave `metrics` and the ports of
 * probes and hooks alone (inbound) and never redirect to `admin`, which listens on loopback only.
 */
export const sidecarPorts = {
  admin: 15000,
  outbound: 15001,
  inbound: 15003,
  /** Prometheus: GET /stats/prometheus. */
  metrics: 15010,
  liveness: 15901,
  readiness: 15902,
  startup: 15903,
  /** Rewritten tcpSocket and grpc probes. */
  healthcheck: 15904,
  /** The sidecar's own start-up probe: GET /ready. */
  ready: 15905,
  /** Rewritten lifecycle hooks. */
  hooks: 15906,
} as const;

/** Whether interception leads through that port or hides it: users can never exclude it from interception. */
export function isSealedPort(port: number): boolean {
  const { admin, outbound, inbound } = sidecarPorts;
  return port === admin || port === outbound || port === inbound;
}

const all: ReadonlySet<number> = new Set(Object.values(sidecarPorts));

/**
 * Whether the sidecar itself listens on that port: traffic to such a port must never be led to an application
 * (docs/decisions/0077).
 */
export function isSidecarPort(port: number): boolean {
  return all.has(port);
}
