// Runs inside a client pod: requests URL every 10 ms and prints `<epoch ms> <outcome>` whenever the
// outcome differs from the outcome before. Ends when its input ends.
import { Agent, request } from 'node:http';

const [url] = process.argv.slice(1);
const headers = { 'client-app': 'bookbuyer', 'user-agent': 'Go-http-client/1.1' };
const agent = new Agent({ keepAlive: true, maxSockets: 4 });
let last = '';
process.stdin.resume().on('end', () => process.exit(0));

const say = (outcome, at) => {
  if (outcome === last) return;
  last = outcome;
  process.stdout.write(`${at} ${outcome}\n`);
};
for (;;) {
  await new Promise((resolve) => {
    const call = request(url, { agent, headers, timeout: 2000 }, (response) => {
      response.resume();
      response.on('end', () => {
        say(`${response.statusCode} ${response.headers.identity ?? ''}`.trim(), Date.now());
        resolve();
      });
    });
    call.on('timeout', () => call.destroy(Object.assign(new Error(), { code: 'TIMEOUT' })));
    call.on('error', (error) => {
      say(error.code ?? 'broken', Date.now());
      resolve();
    });
    call.end();
  });
  await new Promise((resolve) => setTimeout(resolve, 10));
}
