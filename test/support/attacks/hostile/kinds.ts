import { type ClientHttp2Session, type ClientHttp2Stream, connect } from 'node:http2';
import { connect as connectPlain, type Socket } from 'node:net';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { typeUrls } from '../../../../src/xds/resources/resource.ts';
import { clientHello } from '../../fakes/client-hello.ts';
import { XdsClient } from '../../xds/xds-client.ts';
import { encodeMessage } from '../../resources/encode-message.ts';
import { callBytes, packed, preface, resetBytes } from './raw-http2.ts';
import { type Place, serverName } from './words.ts';

/** Begins one hostile client, which goes on for ever: it comes back when it is cut. */
type Attack = (place: Place, name: string) => void;

const adsPath = '/envoy.service.discovery.v3.AggregatedDiscoveryService/DeltaAggregatedResources';
const askPath = '/weft.leaves.v1.Leaves/Ask';
const watchPath = '/weft.evidence.v1.Evidence/Watch';
const pauseMs = 20;
/** Those without a token come from an address of their own, as pods do. */
const localAddress = '127.0.0.2';

function again(socket: Socket | ClientHttp2Session, attack: () => void): void {
  socket.on('error', () => undefined);
  socket.once('close', () => setTimeout(attack, pauseMs));
}

function plain(port: number, bytes?: Buffer): Socket {
  const socket = connectPlain({ host: '127.0.0.1', port, localAddress });
  if (bytes !== undefined) socket.write(bytes);
  again(socket, () => plain(port, bytes));
  return socket;
}

function tls({ ca, port }: Place): TLSSocket {
  return connectTls({
    ...{ host: '127.0.0.1', port, ca, servername: serverName, localAddress },
    ALPNProtocols: ['h2'],
  });
}

function http2(place: Place, port: number, use: (session: ClientHttp2Session) => void): void {
  const session = connect(`https://127.0.0.1:${port}`, {
    ...{ ca: place.ca, servername: serverName, localAddress },
  });
  session.once('connect', () => use(session));
  again(session, () => http2(place, port, use));
}

function call(session: ClientHttp2Session, path: string, more: object = {}): ClientHttp2Stream {
  const stream = session.request({
    ':method': 'POST',
    ':path': path,
    'content-type': 'application/grpc',
    te: 'trailers',
    ...more,
  });
  return stream.on('error', () => undefined).resume();
}

/** Calls a hundred times in one message, again and again, as fast as it is taken. */
function calls(place: Place, bytes: (stream: number) => Buffer): void {
  const socket = tls(place);
  again(socket, () => calls(place, bytes));
  let stream = 1;
  const more = (): void => {
    if (socket.destroyed) return;
    const streams = Array.from({ length: 100 }, (_, number) => stream + 2 * number);
    stream += 200;
    socket.write(Buffer.concat(streams.map(bytes)), () => setImmediate(more));
  };
  socket.write(preface);
  socket.once('secureConnect', more);
}

/** A gRPC frame that says it has so many bytes, and has one less. */
function unended(bytes: number): Buffer {
  const frame = Buffer.alloc(bytes + 4);
  frame.writeUInt32BE(bytes, 1);
  return frame;
}

/** Writes to a stream without end, as fast as it is taken. */
function pour(stream: ClientHttp2Stream, bytes: Buffer): void {
  const write = (): void => {
    if (!stream.destroyed) stream.write(bytes, () => setImmediate(write));
  };
  write();
}

function unread(path: string, port: (place: Place) => number, more: object = {}): Attack {
  return (place) =>
    http2(place, port(place), (session) => {
      for (let number = 0; number < 4; number += 1)
        call(session, path, more).write(unended(4 * 1024 * 1024 - 64));
    });
}

/** An authenticated client that gets instructions for each response, and comes back. */
function proxy(
  { ca, port }: Place,
  token: string,
  play: (client: XdsClient) => Promise<void>,
): void {
  const address = `127.0.0.1:${port}`;
  const client = new XdsClient({ address, ca, serverName, token });
  void play(client)
    .catch(() => undefined)
    .finally(() => {
      client.close();
      setTimeout(() => proxy({ ca, port, replicaPort: 0 }, token, play), pauseMs);
    });
}

const forAnHour = 3_600_000;
const xds = ({ port }: Place): number => port;
const replica = ({ replicaPort }: Place): number => replicaPort;

const hello = clientHello();

function names(prefix: string, count: number, length: number): string[] {
  return Array.from({ length: count }, (_, index) => `${prefix}${index}`.padEnd(length, 'x'));
}

/** Every kind of hostile client, with no token first. */
export const kinds: Readonly<Record<string, Attack>> = {
  'says nothing': ({ port }) => void plain(port),
  'speaks no TLS': ({ port }) => void plain(port, Buffer.alloc(60_000, 'GET / HTTP/1.1\r\n')),
  'sends half a greeting': ({ port }) =>
    void hello.then((bytes) => plain(port, bytes.subarray(0, bytes.length - 1))),
  'never ends its handshake': ({ port }) => void hello.then((bytes) => plain(port, bytes)),
  'speaks TLS alone': (place) => {
    const open = (): void => again(tls(place), open);
    open();
  },
  'opens a connection and no call': (place) => http2(place, place.port, () => undefined),
  'never ends an ask': unread(askPath, replica),
  'never ends an ask at the wrong port': unread(askPath, xds),
  'never ends a watch': unread(watchPath, replica),
  'never ends an ask, as a workload': unread(askPath, replica, {
    authorization: 'Bearer shop/asker~shop/asker',
  }),
  'pours into a call without a token': (place) =>
    http2(place, place.port, (session) => pour(call(session, adsPath), Buffer.alloc(65_536))),
  'pours into a method that is not there': (place) =>
    http2(place, place.port, (session) => pour(call(session, '/x/y'), Buffer.alloc(65_536))),
  'sends huge headers': (place) =>
    http2(place, place.port, (session) => {
      for (let number = 0; number < 20; number += 1)
        call(session, adsPath, { 'x-long': 'x'.repeat(60_000) });
    }),
  'sends many headers': (place) =>
    http2(place, place.port, (session) => {
      const many = Object.fromEntries(names('x-', 2_000, 8).map((name) => [name, 'x']));
      for (let number = 0; number < 20; number += 1) call(session, adsPath, many);
    }),
  'floods with pings': (place) =>
    http2(place, place.port, (session) => {
      const ping = (): void => {
        if (session.destroyed) return;
        for (let number = 0; number < 8; number += 1) session.ping(() => undefined);
        setImmediate(ping);
      };
      ping();
    }),
  'floods with settings': (place) =>
    http2(place, place.port, (session) => {
      const change = (): void => {
        if (session.destroyed) return;
        session.settings({ initialWindowSize: 65_535 }, () => undefined);
        setTimeout(change, 1);
      };
      change();
    }),
  'opens and resets calls': (place) =>
    calls(place, (stream) => Buffer.concat([callBytes(stream, adsPath), resetBytes(stream)])),
  'calls methods that are not there': (place) =>
    calls(place, (stream) => callBytes(stream, '/x/y')),
  'comes back at once, always': (place) => {
    const open = (): void => {
      const socket = tls(place);
      again(socket, open);
      socket.once('secureConnect', () => socket.destroy());
    };
    open();
  },
  'never ends a message': (place, name) =>
    http2(place, place.port, (session) => {
      const authorization = `Bearer shop/${name}~shop/slow`;
      call(session, adsPath, { authorization }).write(unended(2 * 1024 * 1024 - 64));
    }),
  'pours what is no message': (place, name) =>
    http2(place, place.port, (session) => {
      const authorization = `Bearer shop/${name}~shop/pour`;
      pour(call(session, adsPath, { authorization }), Buffer.alloc(65_536, 1));
    }),
  'packs its messages': (place, name) =>
    http2(place, place.port, (session) => {
      const authorization = `Bearer shop/${name}~shop/packer`;
      pour(call(session, adsPath, { authorization, 'grpc-encoding': 'gzip' }), packed);
    }),
  'sends thousands of empty messages at once': (place, name) =>
    http2(place, place.port, (session) => {
      const authorization = `Bearer shop/${name}~shop/empty`;
      call(session, adsPath, { authorization }).write(Buffer.alloc(5 * 9_900));
      setTimeout(() => session.destroy(), 2_000);
    }),
  'asks for unknown names': (place, name) => {
    let turn = 0;
    proxy(place, `shop/${name}~shop/namer`, async (client) => {
      for (;;) {
        turn += 1;
        client.send('endpoint', { resourceNamesSubscribe: names(`${turn}-`, 2_000, 60) });
        await client.next(forAnHour);
      }
    });
  },
  'asks for one long name': (place, name) =>
    proxy(place, `shop/${name}~shop/long`, async (client) => {
      client.send('endpoint', { resourceNamesSubscribe: names('n', 1, 1_900_000) });
      await client.ended(forAnHour);
    }),
  'brings unknown versions': (place, name) =>
    proxy(place, `shop/${name}~shop/bringer`, async (client) => {
      const initialResourceVersions = Object.fromEntries(
        names('c', 10_000, 80).map((one) => [one, 'v'.repeat(80)]),
      );
      client.send('cluster', { initialResourceVersions });
      await client.ended(forAnHour);
    }),
  'refuses everything in many words': (place, name) =>
    proxy(place, `shop/${name}~shop/${name}`, async (client) => {
      const words = `Error adding/updating cluster(s) x: ${'word: '.repeat(300_000)}`;
      client.send('cluster');
      for (;;) client.acknowledge(await client.next(forAnHour), words);
    }),
  'floods with requests': (place, name) =>
    proxy(place, `shop/${name}~shop/flood`, async (client) => {
      for (let number = 0; number < 20_000; number += 1)
        client.sendBytes(encodeMessage([[2, typeUrls.cluster]]));
      await client.ended(forAnHour);
    }),
  'never reads': (place, name) =>
    proxy(place, `shop/${name}~shop/deaf`, async (client) => {
      client.pause();
      client.send('cluster');
      client.send('endpoint', { resourceNamesSubscribe: names('shop/service-', 5_000, 60) });
      await client.ended(forAnHour);
    }),
  'is no workload of the mesh': (place, name) => {
    let turn = 0;
    proxy(place, `other/${name}~other/stranger`, async (client) => {
      for (;;) {
        turn += 1;
        client.send('cluster', { resourceNamesSubscribe: names(`${turn}-`, 1_000, 900) });
        await client.next(pauseMs).catch((error: unknown) => {
          if (!String(error).includes('nothing came')) throw error;
        });
      }
    });
  },
  'opens streams on one connection': (place, name) =>
    calls(place, (stream) => callBytes(stream, adsPath, `shop/${name}~shop/many`)),
  'opens and resets its stream': (place, name) =>
    calls(place, (stream) =>
      Buffer.concat([callBytes(stream, adsPath, `shop/${name}~shop/reset`), resetBytes(stream)]),
    ),
  'opens its stream again and again': (place, name) =>
    proxy(place, `shop/${name}~shop/again`, async (client) => {
      client.send('cluster');
      await client.next(forAnHour);
    }),
};
