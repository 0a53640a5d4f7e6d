// The application of a test pod: `node app.mjs http|h2c|grpc|tcp|talker|greeter|https|parrot <port> <name> [address]`.
import { readFileSync } from 'node:fs';
import { createServer as createHttp } from 'node:http';
import { createServer as createHttp2 } from 'node:http2';
import { createServer as createHttps } from 'node:https';
import { createServer as createTcp } from 'node:net';

const [kind, port, name, address = '0.0.0.0', directory = '.'] = process.argv.slice(2);

function answer(request, response) {
  const { method, url, headers, httpVersion } = request;
  if (url.startsWith('/big/')) response.setHeader('x-big', 'v'.repeat(parseInt(url.slice(5), 10)));
  if (url.startsWith('/status/')) response.statusCode = parseInt(url.slice(8), 10);
  if (url.startsWith('/hints')) response.writeEarlyHints({ link: '</style.css>; rel=preload' });
  if (url.startsWith('/status/3')) response.setHeader('location', '/login');
  response.setHeader('server', 'the-app');
  const from = request.socket.remotePort;
  response.end(`${JSON.stringify({ name, method, url, httpVersion, headers, from })}\n`);
}

/** For a client that asks before it sends a body: /refuse says no at once, other paths accept it. */
function expectation(request, response) {
  if (request.url === '/refuse') {
    response.writeHead(401, { 'content-length': 0 });
    response.end();
    return;
  }
  response.writeContinue();
  request.resume().on('end', () => answer(request, response));
}

/** The answer of gRPC's health service to any call: SERVING. */
function serving(stream) {
  stream.respond({ 'content-type': 'application/grpc' }, { waitForTrailers: true });
  stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
  stream.resume().on('end', () => stream.end(Buffer.from([0, 0, 0, 0, 2, 8, 1])));
}

/** Takes every upgrade and echoes what follows, but for the path /decline. */
function upgrade({ url, headers }, socket) {
  if (url === '/decline') {
    socket.end(
      'HTTP/1.1 200 OK\r\nx-app: declined\r\nconnection: close\r\ncontent-length: 2\r\n\r\nno',
    );
    return;
  }
  socket.write(
    `HTTP/1.1 101 Switching Protocols\r\nupgrade: ${headers.upgrade}\r\nconnection: upgrade\r\n\r\n`,
  );
  socket.pipe(socket);
}

/** WebSocket over HTTP/2 (RFC 8441): what comes is echoed. */
function extendedConnect({ stream, headers }) {
  stream.respond({ ':status': 200, 'x-protocol': headers[':protocol'] ?? 'none' });
  stream.pipe(stream);
}

/** An HTTP/1 server that refuses nothing: its answer is the head of the request, as it came. */
function parrot(socket) {
  let head = '';
  socket.setEncoding('latin1').on('data', (part) => {
    head += part;
    if (!head.includes('\r\n\r\n')) return;
    const offer = 'upgrade: h2,h2c\r\nconnection: upgrade, close';
    const size = Buffer.byteLength(head, 'latin1');
    socket.end(`HTTP/1.1 200 OK\r\n${offer}\r\ncontent-length: ${size}\r\n\r\n${head}`, 'latin1');
    head = '';
  });
}

/** An application that takes large headers itself, so that only a proxy could refuse them. */
const roomy = { maxHeaderSize: 4 * 1024 * 1024 };
const roomyHttp2 = {
  settings: { maxHeaderListSize: roomy.maxHeaderSize, enableConnectProtocol: true },
  maxHeaderListPairs: 20_000,
  maxSendHeaderBlockLength: roomy.maxHeaderSize,
};

const servers = {
  http: () =>
    Object.assign(
      createHttp(roomy, answer).on('upgrade', upgrade).on('checkContinue', expectation),
      { maxHeadersCount: 0 },
    ),
  h2c: () =>
    createHttp2(roomyHttp2, answer).on('connect', extendedConnect).on('checkContinue', expectation),
  parrot: () => createTcp(parrot),
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
