import { type AddressInfo, createServer } from 'node:net';
import { connect } from 'node:tls';

/** A whole TLS ClientHello (RFC 8446, 4.1.2), as Node's own client sends it. */
export function clientHello(): Promise<Buffer> {
  return new Promise((resolve) => {
    const server = createServer((socket) => {
      socket.once('data', (bytes) => {
        resolve(bytes);
        socket.destroy();
        server.close();
      });
    }).listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      connect({ host: '127.0.0.1', port, servername: 'a.b' }).on('error', () => undefined);
    });
  });
}
