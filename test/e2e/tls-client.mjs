// Runs inside a pod: one GET over a TLS connection of its own making, with the client certificate
// given (PEM, or "" for none), and prints as JSON the server's certificate and what came of it.
import { connect } from 'node:tls';

const [plan] = process.argv.slice(1);
const { host, port, servername, alpn, cert, key } = JSON.parse(plan);
const result = { subjectAltName: '', issuer: '', key: '', protocol: '', answer: '', error: '' };
const done = () => process.stdout.write(JSON.stringify(result), () => process.exit(0));

const client = cert === '' ? {} : { cert, key };
const socket = connect({
  ...{ host, port, servername, ...client },
  ALPNProtocols: alpn,
  // The server's certificate is what is looked at here; the mesh's root is no secret, but not at hand.
  rejectUnauthorized: false,
});
socket.setTimeout(5000, () => socket.destroy(new Error('silence')));
socket.on('secureConnect', () => {
  const { subjectaltname, issuer, bits, modulus } = socket.getPeerCertificate();
  result.key = `${modulus === undefined ? 'EC' : 'RSA'} ${bits}`;
  result.subjectAltName = subjectaltname ?? '';
  result.issuer = issuer?.CN ?? '';
  result.protocol = socket.getProtocol();
  socket.write(
    'GET /books-bought HTTP/1.1\r\nhost: bookstore.bookstore:14001\r\nclient-app: bookbuyer\r\n' +
      'user-agent: Go-http-client/1.1\r\nconnection: close\r\n\r\n',
  );
});
socket.on('data', (part) => (result.answer += part));
socket.on('error', (error) => (result.error = error.code ?? error.message));
socket.on('close', done);
