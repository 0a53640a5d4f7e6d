import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { createServer as createHttp2Server, type ServerHttp2Stream } from 'node:http2';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { frame, frameReader, methods } from './grpc-frames.ts';
import type { EchoPorts } from './plan.ts';

const prefix = '/echo/';

function serveCall(stream: ServerHttp2Stream, path: string): void {
  const known = Object.values(methods).some((method) => method === path);
  stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
  stream.on('wantTrailers', () => {
    stream.sendTrailers({ 'grpc-status': known ? '0' : '12' });
  });
  stream.on('error', () => undefined);
  const read = frameReader();
  stream.on('data', (bytes: Buffer) => read(bytes).forEach((text) => stream.write(frame(text))));
  stream.on('end', () => stream.end());
}

/** Gives back what it is sent over HTTP/1.1, gRPC and plain TCP; port 0 takes a free one. Gives the ports. */
export async function serveEcho(ports: EchoPorts): Promise<EchoPorts> {
  const http = createHttpServer((request, response) => {
    const { url = '' } = request;
    if (url.startsWith(prefix)) response.end(url.slice(prefix.length));
    else response.writeHead(url === '/ready' ? 200 : 404).end();
  });
  const grpc = createHttp2Server().on('stream', (stream, headers) => {
    serveCall(stream, headers[':path'] ?? '');
  });
  const tcp = createServer({ noDelay: true }, (socket) => {
    socket.on('error', () => undefined).pipe(socket);
  });
  return {
    http: await listen(http, ports.http),
    grpc: await listen(grpc, ports.grpc),
    tcp: await listen(tcp, ports.tcp),
  };
}

async function listen(server: Server, port: number): Promise<number> {
  await once(server.listen(port), 'listening');
  return (server.address() as AddressInfo).port;
}
