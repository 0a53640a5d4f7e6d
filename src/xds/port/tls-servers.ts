import type { EventEmitter } from 'node:events';
import type { Server } from '@grpc/grpc-js';

/** grpc-js does not export these servers; those of a connection injector do not listen. */
interface Inner {
  readonly http2Servers?: ReadonlyMap<EventEmitter, unknown>;
}

/** The HTTP/2 servers of a gRPC server whose credentials are in use; none in a grpc-js that keeps them elsewhere. */
export function tlsServersOf(server: Server): readonly EventEmitter[] {
  return [...((server as unknown as Inner).http2Servers?.keys() ?? [])];
}
