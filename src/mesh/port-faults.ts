import type { Service, ServicePort } from '../api/core.ts';
import type { Diagnostic } from '../policy/diagnostic.ts';
import type { Protocol } from '../policy/service.ts';
import { note, warn } from '../cluster/diagnose.ts';
import { protocolDeclared, protocolOf } from './protocol.ts';
import { isTcp } from './target-port.ts';

/** Diagnostics on a port of a Service that is read in another way than its owner may think. */
export function portFaults(object: Service, port: ServicePort): readonly Diagnostic[] {
  if (!isTcp(port)) {
    return [
      note(
        object,
        'service-port-unsupported',
        `port ${port.port} is ${port.protocol ?? ''}: the mesh carries TCP only, so traffic to this port bypasses the mesh, without mTLS and policy`,
      ),
    ];
  }
  const declared = port.appProtocol?.toLowerCase() ?? '';
  if (declared === '') return assumedByName(object, port);
  if (protocolDeclared(declared) !== undefined) return [];
  return [
    warn(
      object,
      'service-protocol-unsupported',
      `port ${port.port} has appProtocol ${declared}, which Weft does not know, so Weft carries it as opaque TCP; set appProtocol to http, grpc, tcp or tcp-server-first`,
    ),
  ];
}

/** Common names of such ports, besides the values of appProtocol. */
const otherWords: ReadonlyMap<string, Protocol> = new Map([
  ...['mongodb', 'postgres', 'pgsql', 'memcached', 'memcache', 'cassandra', 'cql', 'mqtt'].map(
    (word) => [word, 'tcp'] as const,
  ),
  ...['amqps', 'ldaps', 'mssql', 'zookeeper'].map((word) => [word, 'tcp'] as const),
  ...['mariadb', 'nats', 'imap', 'pop3', 'sftp'].map((word) => [word, 'tcp-server-first'] as const),
]);

/** OSM's names need their dash, so a port named by the protocol alone is HTTP like any other. */
function assumedByName(object: Service, port: ServicePort): readonly Diagnostic[] {
  const { name = '' } = port;
  const meant = protocolDeclared(name) ?? otherWords.get(name);
  if (meant?.startsWith('tcp') !== true || protocolOf(port) !== 'http') return [];
  return [
    warn(
      object,
      'service-protocol-assumed',
      `port ${port.port} is named "${name}", which declares no protocol without a dash, so Weft reads it as HTTP and refuses anything else; set appProtocol: ${meant}, or start its name with ${meant}-`,
    ),
  ];
}
