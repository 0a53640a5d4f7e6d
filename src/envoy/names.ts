// Names in Envoy's configuration that two rooms, or users' tools, rely on.
import { contentHash } from '../common/hash.ts';

/** ALPN of traffic between sidecars, for chains that accept any identity of the mesh. */
export const meshAlpn = 'osm';

/**
 * ALPN that a caller offers before `meshAlpn`: it selects the chain that accepts this identity only. It proves nothing;
 * the certificate does. It is a hash, because ALPN is sent in the clear and holds 255 bytes (docs/decisions/0080).
 */
export function callerAlpn(identity: string): string {
  return `${meshAlpn}-${contentHash(identity)}`;
}

/** Destinations outside the mesh, when egress is on. */
export const passthroughCluster = 'passthrough-outbound';
/** Has no endpoints: traffic to it is refused (503 or a closed connection) and logged as refused. */
export const refusedCluster = 'refused-outbound';

/** The two virtual listeners. */
export const outboundListener = 'outbound';
export const inboundListener = 'inbound';

/** Path of the sidecar's own start-up probe, on ports.ready. */
export const readyPath = '/ready';
/** Envoy's own admin page, which only the metrics listener leads to. */
export const adminCluster = 'admin';
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

/** Path of a rewritten lifecycle hook, on ports.hooks; `key` keeps strangers from guessing it. */
export function hookPath(hook: 'postStart' | 'preStop', container: string, key: string): string {
  return `/osm-hook/${container}/${hook}/${key}`;
}

/** The cluster of a service port; `service` is `<namespace>/<name>` (docs/decisions/0005). */
export function meshCluster(service: string, port: number): string {
  return `${service}|${port}`;
}

/** The cluster of a headless service's port when one pod of it was dialled by its own address. */
export function podCluster(service: string, port: number): string {
  return `${service}|${port}|pod`;
}

/** The cluster of a dialled pod without a sidecar: plaintext. */
export function plainPodCluster(service: string, port: number): string {
  return `${service}|${port}|plaintext-pod`;
}

/** The application itself, as seen by its own sidecar for one service. */
export function localCluster(service: string, targetPort: number): string {
  return `${service}|${targetPort}|local`;
}

/** Listener, and route table or TCP extension, of a service port as seen by a caller. */
export function outboundName(service: string, port: number): string {
  return `outbound/${service}/${port}`;
}

/** Route table of a headless service's port when the pod that was dialled has no sidecar. */
export function plainPodRoutes(service: string, port: number): string {
  return `outbound/${service}/${port}/plaintext-pod`;
}

/** Listener of one pod address that a service leads to. */
export function podListener(address: string, port: number): string {
  return `outbound-pod/${address}/${port}`;
}

/** The extension in which a proxy's outbound connections state their caller. */
export const callerExtension = 'caller';

/** The chain of a served port for one service and one caller. */
export function inboundChain(routes: string, service: string, caller: string): string {
  return `${routes}|${service}|${caller}`;
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
