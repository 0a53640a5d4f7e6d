import { sidecarPorts } from '../common/sidecar-ports.ts';

/** The ports of a sidecar. */
export const ports = sidecarPorts;

/** Ports that the kubelet and Prometheus reach from outside: never intercepted. */
export const openPorts: readonly number[] = [
  ports.metrics,
  ports.liveness,
  ports.readiness,
  ports.startup,
  ports.healthcheck,
  ports.ready,
  ports.hooks,
];
