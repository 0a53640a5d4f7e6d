// Runs inside a client pod: requests URL over and over from CONNECTIONS loops for SECONDS, then
// prints one JSON line. Every request counts: an answer other than 200 and a broken connection are failures.
import { Agent, request } from 'node:http';

const [url, seconds, connections, keepAlive] = process.argv.slice(2);
const headers = { 'client-app': 'bookbuyer', 'user-agent': 'Go-http-client/1.1' };
const agent = new Agent({ keepAlive: keepAlive !== 'new', maxSockets: Number(connections) });
const result = { requests: 0, failed: 0, outcomes: {}, p50: 0, p99: 0, max: 0 };
const times = [];
const until = Date.now() + Number(seconds) * 1000;

const once = () =>
  new Promise((resolve) => {
    const call = request(url, { agent, headers, timeout: 10_000 }, (response) => {
      response.resume();
      response.on('end', () => resolve(String(response.statusCode)));
      response.on('error', (error) => resolve(error.code ?? 'broken'));
    });
    call.on('timeout', () => call.destroy(Object.assign(new Error(), { code: 'TIMEOUT' })));
    call.on('error', (error) => resolve(error.code ?? 'broken'));
    call.end();
  });

const loop = async () => {
  while (Date.now() < until) {
    const began = performance.now();
    const outcome = await once();
    times.push(performance.now() - began);
    result.requests += 1;
    result.outcomes[outcome] = (result.outcomes[outcome] ?? 0) + 1;
    if (outcome !== '200') result.failed += 1;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
};

await Promise.all(Array.from({ length: Number(connections) }, loop));
times.sort((a, b) => a - b);
const at = (share) => Number((times[Math.floor(times.length * share)] ?? 0).toFixed(1));
Object.assign(result, { p50: at(0.5), p99: at(0.99), max: at(1 - 1e-9) });
process.stdout.write(`${JSON.stringify(result)}\n`);
process.exit(0);
