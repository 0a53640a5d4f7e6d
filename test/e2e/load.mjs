// Runs inside a client pod: requests URL over and over in CONNECTIONS loops, prints `begun` when
// every loop had answers, and one JSON line when its input ends. Every request counts: an answer
// other than 200 and a broken connection are failures.
import { Agent, request } from 'node:http';

const [url, connections, mode] = process.argv.slice(1);
const headers = { 'client-app': 'bookbuyer', 'user-agent': 'Go-http-client/1.1' };
const agent = new Agent({ keepAlive: mode === 'keep', maxSockets: Number(connections) });
const result = { requests: 0, failed: 0, outcomes: {}, failures: [], p50: 0, p99: 0, max: 0 };
const times = [];
let stopped = false;
process.stdin.resume().on('end', () => (stopped = true));

const once = () =>
  new Promise((resolve) => {
    let words = '';
    const call = request(url, { agent, headers, timeout: 30_000 }, (response) => {
      response.setEncoding('utf8').on('data', (part) => (words += part));
      response.on('end', () => resolve([String(response.statusCode), words]));
      response.on('error', (error) => resolve([error.code ?? 'broken', 'in the answer']));
    });
    call.on('timeout', () => call.destroy(Object.assign(new Error(), { code: 'TIMEOUT' })));
    call.on('error', (error) => resolve([error.code ?? 'broken', error.message]));
    call.end();
  });

const loop = async () => {
  while (!stopped) {
    const began = performance.now();
    const [outcome, words] = await once();
    times.push(performance.now() - began);
    result.requests += 1;
    result.outcomes[outcome] = (result.outcomes[outcome] ?? 0) + 1;
    if (outcome !== '200') {
      result.failed += 1;
      if (result.failures.length < 20)
        result.failures.push(`${Date.now()} ${outcome} ${words.slice(0, 120)}`);
    }
    if (result.requests === 5 * Number(connections)) process.stdout.write('begun\n');
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
};

await Promise.all(Array.from({ length: Number(connections) }, loop));
times.sort((a, b) => a - b);
const at = (share) => Number((times[Math.floor(times.length * share)] ?? 0).toFixed(1));
Object.assign(result, { p50: at(0.5), p99: at(0.99), max: at(1 - 1e-9) });
process.stdout.write(`${JSON.stringify(result)}\n`, () => process.exit(0));
