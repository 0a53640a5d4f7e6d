/** Measures the control plane under load and prints a table; the figures also go to out/bench.json. */
import { mkdir, writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { startApiServer } from '../../tools/real/api-server.ts';
import { ms, spreadText, tableOf } from './figures.ts';
import { type LeafFigures, measureLeaves } from './leaves.ts';
import { type Figures, measure } from './measure.ts';
import { BenchMesh } from './bench-mesh.ts';

const { values } = parseArgs({
  options: {
    proxies: { type: 'string', default: '100,500,1000' },
    services: { type: 'string', default: '100' },
    changes: { type: 'string', default: '20' },
    workers: { type: 'string', default: '2' },
    'pause-ms': { type: 'string', default: '1500' },
    // Each proxy pings once in that time (xdsPingSeconds).
    'rest-seconds': { type: 'string', default: '30' },
    leaves: { type: 'string', default: '1000' },
  },
});

const out = fileURLToPath(new URL('../../out', import.meta.url));
await mkdir(out, { recursive: true });
say('starting an API server with the mesh in it');
const server = await startApiServer();
const all: Figures[] = [];
let leaves: LeafFigures = {};
try {
  const world = await BenchMesh.create(server, Number(values.services));
  for (const proxies of values.proxies.split(',').map(Number)) {
    say(`measuring with ${proxies} proxies`);
    const plan = {
      proxies,
      workers: Number(values.workers),
      changes: Number(values.changes),
      pauseMs: Number(values['pause-ms']),
      restSeconds: Number(values['rest-seconds']),
      logFolder: `${out}/bench`,
    };
    all.push(await measure(server, world, plan));
  }
  world.api.close();
  const count = Number(values.leaves);
  if (count > 0) {
    say(`asking each issuer for ${count} leaves at once`);
    leaves = await measureLeaves(server, count);
  }
} finally {
  await server.stop();
}
await writeFile(
  `${out}/bench.json`,
  `${JSON.stringify({ machine: { cores: cpus().length, model: cpus()[0]?.model }, options: values, runs: all, leaves }, undefined, 2)}\n`,
);
process.stdout.write(`${report(all)}\n\n${leafReport(leaves)}\n`);

function say(line: string): void {
  process.stderr.write(`bench: ${line}\n`);
}

function report(runs: readonly Figures[]): string {
  const row = (name: string, cell: (run: Figures) => string): string[] => [name, ...runs.map(cell)];
  const seconds = (value: number): string => `${value.toFixed(3)} s`;
  return tableOf([
    row('milliseconds are p50 / p99 / max', ({ proxies }) => `${proxies} proxies`),
    row('endpoint change, last ACK', ({ endpoint }) => spreadText(endpoint.whole)),
    row('  the API server’s part', ({ endpoint }) => spreadText(endpoint.apiServer)),
    row('  Weft’s part', ({ endpoint }) => spreadText(endpoint.weft)),
    row('  the floor: bare grpc-js, same bytes', ({ floor }) => spreadText(floor)),
    row('  Weft’s p99 / floor’s p99', ({ endpoint, floor }) =>
      (endpoint.weft.p99 / floor.p99).toFixed(2),
    ),
    row('  half of the proxies', ({ endpoint }) => spreadText(endpoint.median)),
    row('  bytes per proxy', ({ endpoint }) => endpoint.bytesPerProxy.toFixed(0)),
    row('  CPU per change', ({ endpoint }) => seconds(endpoint.cpuSecondsPerChange)),
    row('  missed', ({ endpoint }) => String(endpoint.missing)),
    row(
      '  load client late, p99 / max',
      ({ endpoint: { clientLoop } }) => `${ms(clientLoop.p99)} / ${ms(clientLoop.max)}`,
    ),
    row('  cores busy on the machine', ({ endpoint }) => endpoint.coresBusy.toFixed(2)),
    row('route weight change, last ACK', ({ route }) => spreadText(route.whole)),
    row('  Weft’s part', ({ route }) => spreadText(route.weft)),
    row('  route / endpoint, Weft’s p99', ({ route, endpoint }) =>
      (route.weft.p99 / endpoint.weft.p99).toFixed(2),
    ),
    row('  bytes per proxy', ({ route }) => route.bytesPerProxy.toFixed(0)),
    row('  CPU per change', ({ route }) => seconds(route.cpuSecondsPerChange)),
    row('  missed', ({ route }) => String(route.missing)),
    row('connect storm until all are configured', ({ storm }) => `${ms(storm.ms)} ms`),
    row('  CPU of the control plane', ({ storm }) => seconds(storm.cpuSeconds)),
    row('  CPU of the load client', ({ storm }) => seconds(storm.clientCpuSeconds)),
    row('  streams that failed and came back', ({ storm }) => String(storm.failures)),
    row(
      'RSS before / idle',
      ({ rssStartMb, rssIdleMb }) => `${ms(rssStartMb)} / ${ms(rssIdleMb)} MB`,
    ),
    row(
      'RSS after churn / after as much again',
      (run) => `${ms(run.rssAfterChurnMb)} / ${ms(run.rssAfterMoreChurnMb)} MB`,
    ),
    row('switch of roots: tried out', ({ rootSwitch }) => `${ms(rootSwitch.preflightMs)} ms`),
    row('  both trusted by all', ({ rootSwitch }) => `${ms(rootSwitch.trustBothMs)} ms`),
    row('  all with a new leaf', ({ rootSwitch }) => `${ms(rootSwitch.signNewMs)} ms`),
    row(
      '  all back on the new certificate, after the 10 s of a handshake',
      ({ rootSwitch }) => `${ms(rootSwitch.settleMs)} ms`,
    ),
    row('  the old root trusted by no proxy', ({ rootSwitch }) => `${ms(rootSwitch.dropOldMs)} ms`),
    row('at rest', ({ coresAtRest }) => `${(coresAtRest * 100).toFixed(2)} % of a core`),
  ]);
}

function leafReport(found: LeafFigures): string {
  const head = ['leaves from a cold start', 'leaves', 'longest wait', 'CPU', 'longest turn'];
  const rows = Object.entries(found).map(([issuer, figures]) => [
    issuer,
    String(figures.leaves),
    `${figures.longestWaitMs} ms`,
    `${figures.cpuMs} ms`,
    `${figures.longestTurnMs} ms`,
  ]);
  return tableOf([head, ...rows]);
}
