// The application of a calling pod, with no limit on headers: `node client.mjs http|h2 <url> <count> <bytes>`
// sends that many headers of that size together. It prints a line of JSON: status, how many headers the
// server saw, the size of the largest header of the answer.
import { request } from 'node:http';
import { connect } from 'node:http2';

const [kind, url, count, bytes] = process.argv.slice(2);
const limit = 4 * 1024 * 1024;
const each = 'v'.repeat(Math.max(1, Math.floor(Number(bytes) / Number(count)) - 12));
const headers = Object.fromEntries(
  Array.from({ length: Number(count) }, (_, index) => [`x-extra-${index}`, each]),
);

function report(status, answered, body) {
  const largest = Math.max(...Object.values(answered).map((value) => String(value).length));
  let seen = 0;
  try {
    seen = Object.keys(JSON.parse(body).headers).length;
  } catch {
    // Not the application's answer.
  }
  process.stdout.write(`${JSON.stringify({ status, seen, largest })}\n`);
  process.exit(0);
}

function collect(stream, status, answered) {
  let body = '';
  stream.setEncoding('utf8').on('data', (part) => (body += part));
  stream.on('end', () => report(status, answered, body));
}

const failed = (error) => report(error.code, {}, '');
if (kind === 'h2') {
  const { origin, pathname } = new URL(url);
  const options = {
    settings: { maxHeaderListSize: limit },
    maxHeaderListPairs: 20_000,
    maxSendHeaderBlockLength: limit,
  };
  const session = connect(origin, options).on('error', failed);
  const stream = session.request({ ':path': pathname, ...headers }).on('error', failed);
  stream.on('response', (answered) => collect(stream, answered[':status'], answered));
} else {
  request(url, { headers, maxHeaderSize: limit }, (response) =>
    collect(response, response.statusCode, response.headers),
  )
    .on('error', failed)
    .end();
}
