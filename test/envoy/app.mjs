// The application of a test pod: `node app.mjs http|h2c|tcp|greeter|https <port> <name> [address]`.
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

const servers = {
  http: () =>
    createHttp(answer).on('upgrade', (_request, socket) => {
      socket.write(
        'HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\n',
      );
      socket.pipe(socket);
    }),
  h2c: () => createHttp2(answer),
  https: () =>
    createHttps(
      { key: readFileSync(`${directory}/app.key`), cert: readFileSync(`${directory}/app.crt`) },
      answer,
    ),
  tcp: () =>
    createTcp((socket) => socket.once('data', (data) => socket.end(`${name} got ${data}`))),
  greeter: () => createTcp((socket) => socket.end(`hello from ${name}\n`)),
};

const server = servers[kind]();
// A caller that goes away is nothing to die of.
server.on('connection', (socket) => socket.on('error', () => undefined));
server.listen(Number(port), address);
