// Small servers for test pods, from a ConfigMap: `node servers.mjs http:8080 echo:9000:127.0.0.1 …`. On SIGTERM
// the process ends at once: the mesh has to do without an application that takes its leave slowly.
import { readFileSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { createServer as createHttp2Server } from 'node:http2';
import { createServer as createHttpsServer } from 'node:https';
import { createServer } from 'node:net';

const answer = (port) => (request, response) =>
  response.end(
    `port ${port} path ${request.url} peer ${request.headers['x-forwarded-client-cert'] ?? '-'}\n`,
  );

// The health protocol of gRPC, as bytes: one message, SERVING.
const serving = Buffer.from([0, 0, 0, 0, 2, 8, 1]);
const health = (stream) => {
  stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
  stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
  stream.resume().on('end', () => stream.end(serving));
};

const servers = {
  http: (port) => createHttpServer(answer(port)),
  https: (port) =>
    createHttpsServer(
      { cert: readFileSync('/tls/tls.crt'), key: readFileSync('/tls/tls.key') },
      answer(port),
    ),
  grpc: () => createHttp2Server().on('stream', health),
  echo: () =>
    createServer((socket) =>
      socket.on('error', () => {}).on('data', (part) => socket.write(`echo: ${part}`)),
    ),
  greet: () => createServer((socket) => socket.on('error', () => {}).write('welcome\n')),
};

for (const plan of process.argv.slice(2)) {
  const [kind, port, address = '::'] = plan.split(':');
  servers[kind](port).listen(Number(port), address);
}
process.on('SIGTERM', () => process.exit(0));
setInterval(() => {}, 60_000);
