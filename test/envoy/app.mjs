// The application of a test pod: `node app.mjs http|h2c|grpc|tcp|talker|greeter|https <port> <name> [address]`.
import { readFileSync } from 'node:fs';
import { createServer as createHttp } from 'node:http';
import { createServer as createHttp2 } from 'node:http2';
import { createServer as createHttps } from 'node:https';
import { createServer as createTcp } from 'node:net';

const [kind, port, name, address = '0.0.0.0', directory = '.'] = process.argv.slice(2);

function answer(request, response) {
  const { method, url, headers, httpVersion } = request;
  if (url.startsWith('/status/')) response.statusCode = parseInt(url.slice(8), 10);
  response.setHeader('server', 'the-app');
  response.end(`${JSON.stringify({ name, method, url, httpVersion, headers })}\n`);
}

/** The answer of gRPC's health service to any call: SERVING. */
function serving(stream) {
  stream.respond({ 'content-type': 'application/grpc' }, { waitForTrailers: true });
  stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
  stream.resume().on('end', () => stream.end(Buffer.from([0, 0, 0, 0, 2, 8, 1])));
}

const servers = {
  http: () =>
    createHttp(answer).on('upgrade', (_request, socket) => {
      socket.write(
        'HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\n',
      );
      socket.pipe(socket);
    }),
  h2c: () => createHttp2(answer),
  grpc: () => createHttp2().on('stream', serving),
  https: () =>
    createHttps(
      { key: readFileSync(`${directory}/app.key`), cert: readFileSync(`${directory}/app.crt`) },
      answer,
    ),
  tcp: () =>
    createTcp((socket) => socket.once('data', (data) => socket.end(`${name} got ${data}`))),
  talker: () =>
    createTcp((socket) => socket.on('data', (data) => socket.write(`${name} got ${data}`))),
  greeter: () => createTcp((socket) => socket.end(`hello from ${name}\n`)),
};

const server = servers[kind]();
// A caller that goes away is nothing to die of.
server.on('connection', (socket) => socket.on('error', () => undefined));
server.listen(Number(port), address);
