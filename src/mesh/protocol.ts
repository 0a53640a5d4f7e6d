import type { ServicePort } from '../api/core.ts';
import type { Protocol } from '../policy/service.ts';

/**
 * How a port's bytes are read: appProtocol, else the prefix of its name, else HTTP, except an unnamed port whose number
 * stands for TLS everywhere. The application's own TLS is opaque (docs/decisions/0089).
 */
export function protocolOf(port: ServicePort): Protocol {
  const declared = port.appProtocol?.toLowerCase() ?? '';
  if (declared !== '') return protocolDeclared(declared) ?? 'tcp';
  if (isTlsByNumber(port)) return 'tcp';
  return port.name ? protocolNamed(port.name) : 'http';
}

/** Whether a port declares no protocol, and its number stands for TLS everywhere. */
export function isTlsByNumber({ port, name = '', appProtocol = '' }: ServicePort): boolean {
  return name === '' && appProtocol === '' && tlsPorts.includes(port);
}

/** OSM's prefixes need their dash. Names that stand for TLS may stand alone: such a port is never readable as HTTP. */
function protocolNamed(name: string): Protocol {
  if (name === 'https' || name === 'tls') return 'tcp';
  return namePrefixes.find(([start]) => name.startsWith(start))?.[1] ?? 'http';
}

/** The protocol of an appProtocol; undefined when Weft does not know it. Case does not count. */
export function protocolDeclared(appProtocol: string): Protocol | undefined {
  return applicationProtocols.get(appProtocol.toLowerCase());
}

const applicationProtocols: ReadonlyMap<string, Protocol> = new Map([
  ['http', 'http'],
  ['kubernetes.io/ws', 'http'],
  ['grpc-web', 'http'],
  ['grpc', 'grpc'],
  ['h2c', 'grpc'],
  ['http2', 'grpc'],
  ['kubernetes.io/h2c', 'grpc'],
  ['tcp', 'tcp'],
  ['https', 'tcp'],
  ['tls', 'tcp'],
  ['ssl', 'tcp'],
  ['kubernetes.io/wss', 'tcp'],
  ['mongo', 'tcp'],
  ['redis', 'tcp'],
  ['postgresql', 'tcp'],
  ['amqp', 'tcp'],
  ['kafka', 'tcp'],
  ['ldap', 'tcp'],
  ['tcp-server-first', 'tcp-server-first'],
  ['mysql', 'tcp-server-first'],
  ['smtp', 'tcp-server-first'],
  ['ftp', 'tcp-server-first'],
  ['ssh', 'tcp-server-first'],
]);

const namePrefixes: readonly (readonly [string, Protocol])[] = [
  ['tcp-server-first-', 'tcp-server-first'],
  ['http-', 'http'],
  ['tcp-', 'tcp'],
  ['grpc-', 'grpc'],
  ['https-', 'tcp'],
  ['tls-', 'tcp'],
];

/** A port that declares nothing is read as HTTP, but these numbers are TLS everywhere. */
const tlsPorts: readonly number[] = [443, 8443];
