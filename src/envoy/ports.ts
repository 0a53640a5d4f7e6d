/**
 * The ports of a sidecar, OSM's where OSM had them. Interception must leave `metrics` and the probe
 * ports alone (inbound) and never redirect to `admin`, which listens on loopback only.
 */
export const ports = {
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
} as const;

/** Ports that the kubelet and Prometheus reach from outside: never intercepted. */
export const openPorts: readonly number[] = [
  ports.metrics,
  ports.liveness,
  ports.readiness,
  ports.startup,
  ports.healthcheck,
  ports.ready,
];
