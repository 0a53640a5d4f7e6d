// Streams of every kind that carry a byte a few times a second, and requests that are answered at once.
//   node streams.mjs serve <seconds> [file]                HTTP/1, HTTP/2 and WebSocket on 8080, TCP on 7000, TCP where
//                                                          the server speaks first on 7001; until the file is there
//   node streams.mjs hold <address> <file> <seconds>       holds one of each, until the file is there, and
//                                                          prints `<kind> open|end <milliseconds>` as it happens
//   node streams.mjs ask <address> <file> <seconds>        asks for /quick 20 times a second, on kept connections and on
//                                                          new ones, until the file is there, and prints
//                                                          `asked <n> answered <m>` and a line for each failure,
//                                                          a call without an answer in two seconds among them
//   node streams.mjs dial <address> <file> <seconds>       the same with new TCP connections to 7000
import { existsSync } from 'node:fs';
import { Agent, createServer as createHttp, get } from 'node:http';
import { connect as connectHttp2, createServer as createHttp2 } from 'node:http2';
import { connect, createServer as createTcp } from 'node:net';

const [what, ...args] = process.argv.slice(2);
const often = 200;
const answerMs = 2_000;

/** Writes to a stream until it closes. */
function feed(stream) {
  const beat = setInterval(() => stream.write('x'), often);
  stream.on('close', () => clearInterval(beat)).on('error', () => undefined);
}

function serve(seconds, file) {
  const http = createHttp((request, response) => {
    if (request.url === '/quick') response.end('ok');
    else feed(response);
  }).on('upgrade', (_, socket) => {
    socket.write(
      'HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\n',
    );
    feed(socket);
  });
  const http2 = createHttp2().on('stream', (stream) => {
    stream.respond({ ':status': 200, 'content-type': 'application/grpc' });
    feed(stream);
  });
  createTcp((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', (data) => {
      (String(data).startsWith('PRI') ? http2 : http).emit('connection', socket);
      socket.unshift(data);
    });
  }).listen(8080);
  createTcp((socket) =>
    socket.on('error', () => undefined).once('data', () => feed(socket)),
  ).listen(7000);
  createTcp(feed).listen(7001);
  if (file !== undefined) setInterval(() => existsSync(file) && process.exit(0), often);
  setTimeout(() => process.exit(0), seconds * 1000);
}

function hold(host, file, seconds) {
  const ended = new Set();
  let over = false;
  const say = (kind, word) => process.stdout.write(`${kind} ${word} ${String(Date.now())}\n`);
  const watch = (kind, stream) => {
    const end = () => {
      if (over || ended.has(kind)) return;
      ended.add(kind);
      say(kind, 'end');
    };
    stream.on('close', end).on('error', end);
    stream.once('data', () => say(kind, 'open'));
  };
  const http = { host, port: 80, agent: false };
  get(http, (response) => watch('http', response)).on('error', () => say('http', 'end'));
  const upgrade = { connection: 'upgrade', upgrade: 'websocket' };
  get({ ...http, headers: upgrade }, (response) => watch('websocket', response.resume()))
    .on('upgrade', (_response, socket) => watch('websocket', socket))
    .on('error', () => say('websocket', 'end'));
  const session = connectHttp2(`http://${host}`).on('error', () => undefined);
  watch('grpc', session.request({ ':path': '/watch', ':method': 'POST' }, { endStream: true }));
  const tcp = connect(7000, host);
  watch('tcp', tcp);
  tcp.write('hello');
  watch('server-first', connect(7001, host));
  setInterval(() => {
    if (!existsSync(file)) return;
    over = true;
    process.exit(0);
  }, often);
  setTimeout(() => process.exit(1), seconds * 1000);
}

/** Calls 20 times a second until the file is there, and reports each call that fails or is not answered in time. */
function repeat(call, file, seconds) {
  let [asked, answered, open] = [0, 0, 0];
  const once = () => {
    asked += 1;
    open += 1;
    let over = false;
    const end = (why) => {
      if (over) return;
      over = true;
      open -= 1;
      clearTimeout(late);
      if (why === undefined) answered += 1;
      else process.stdout.write(`failed ${why} ${String(Date.now())}\n`);
    };
    const late = setTimeout(end, answerMs, 'silent');
    call(asked, end);
  };
  setInterval(() => {
    if (!existsSync(file)) once();
    else if (open === 0) {
      process.stdout.write(`asked ${String(asked)} answered ${String(answered)}\n`);
      process.exit(0);
    }
  }, 50);
  setTimeout(() => process.exit(1), seconds * 1000);
}

function ask(host) {
  const kept = new Agent({ keepAlive: true });
  return (at, end) => {
    const agent = at % 2 === 0 ? kept : false;
    get({ host, port: 80, path: '/quick', agent }, (response) => {
      if (response.statusCode !== 200) end(response.statusCode);
      response
        .on('error', (error) => end(error.code))
        .on('end', () => end())
        .resume();
    }).on('error', (error) => end(error.code));
  };
}

function dial(host) {
  return (_at, end) => {
    const socket = connect(7000, host).on('error', () => undefined);
    socket.once('data', () => {
      end();
      socket.destroy();
    });
    socket.on('close', () => end('closed'));
    socket.write('hello');
  };
}

if (what === 'serve') serve(Number(args[0]), args[1]);
else if (what === 'ask') repeat(ask(args[0]), args[1], Number(args[2]));
else if (what === 'dial') repeat(dial(args[0]), args[1], Number(args[2]));
else hold(args[0], args[1], Number(args[2]));
