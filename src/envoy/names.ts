// Names of Envoy things that two rooms, or people's tools, rely on.

/** ALPN of traffic between sidecars; inbound chains match on it. */
export const meshAlpn = 'osm';

/** Destinations outside the mesh, when egress is on. */
export const passthroughCluster = 'passthrough-outbound';
/** Has no endpoints: what leads here is refused (503 or a closed connection) and logged as such. */
export const refusedCluster = 'refused-outbound';

/** The two virtual listeners. */
export const outboundListener = 'outbound';
export const inboundListener = 'inbound';

/** Path of the sidecar's own start-up probe, on ports.ready. */
export const readyPath = '/ready';
/** Path of the metrics page, on ports.metrics. */
export const metricsPath = '/stats/prometheus';

/** Path of a rewritten httpGet probe, on the port of its kind (ports.liveness, …). */
export function httpProbePath(
  probe: 'liveness' | 'readiness' | 'startup',
  container: string,
): string {
  return `/osm-${probe}-probe/${container}`;
}

/** Path of a rewritten tcpSocket or grpc probe, on ports.healthcheck. */
export function healthcheckPath(
  probe: 'liveness' | 'readiness' | 'startup',
  container: string,
): string {
  return `/osm-healthcheck/${container}/${probe}`;
}

/** The cluster of a service port; `service` is `<namespace>/<name>`. */
export function meshCluster(service: string, port: number): string {
  return `${service}|${port}`;
}

/** The cluster of a headless service's port when one pod of it was dialled by its own address. */
export function podCluster(service: string, port: number): string {
  return `${service}|${port}|pod`;
}

/** The application itself, as seen by its own sidecar for one service. */
export function localCluster(service: string, targetPort: number): string {
  return `${service}|${targetPort}|local`;
}

/** Listener and route table of a service port as seen by a caller. */
export function outboundName(service: string, port: number): string {
  return `outbound/${service}/${port}`;
}

/** Listener of one pod address behind headless services. */
export function podListener(address: string, port: number): string {
  return `outbound-pod/${address}/${port}`;
}

/** Route table of a served port. */
export function inboundName(targetPort: number, protocol: string): string {
  return `inbound/${targetPort}/${protocol}`;
}

/** `<service>.<namespace>.svc.<cluster domain>`: SNI between sidecars. `service` is `<namespace>/<name>`. */
export function serviceFqdn(service: string, clusterDomain: string): string {
  const slash = service.indexOf('/');
  return `${service.slice(slash + 1)}.${service.slice(0, slash)}.svc.${clusterDomain}`;
}
