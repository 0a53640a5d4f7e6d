/* The webhooks' server in a process of its own, so that its memory and its event loop are measured alone. */
import { readFileSync } from 'node:fs';
import { createAdmissionServer } from '../../../src/admission/server.ts';
import type { AdmissionHandler } from '../../../src/api/admission.ts';
import { silentLogger } from '../../../src/common/logger.ts';
import { Secret } from '../../../src/common/secret.ts';
import { validatePolicy } from '../../../src/mesh/validate-policy.ts';
import { injectionHandler, makeFacts } from '../injector/injection.ts';

const [, , chainFile = '', keyFile = ''] = process.argv;
const chain = readFileSync(chainFile, 'utf8');
const key = new Secret(readFileSync(keyFile, 'utf8'));
const server = createAdmissionServer({
  routes: new Map<string, AdmissionHandler>([
    ['/mutate', injectionHandler(() => makeFacts())],
    ['/validate', validatePolicy],
  ]),
  certificate: { current: () => ({ chain, key }), onChange: () => () => undefined },
  log: silentLogger,
  port: 0,
  host: '127.0.0.1',
});
/**
 * Milliseconds of CPU that this thread used between looks at a clock every 10 ms: how long its event
 * loop keeps others waiting, without the time that other processes took from it.
 */
const turns: number[] = [];
let before = process.threadCpuUsage();
setInterval(() => {
  const used = process.threadCpuUsage(before);
  before = process.threadCpuUsage();
  turns.push((used.user + used.system) / 1_000);
}, 10);
process.on('message', () => {
  turns.sort((a, b) => a - b);
  process.send?.({
    rss: process.memoryUsage.rss(),
    lagMs: turns[Math.floor(turns.length * 0.99)] ?? 0,
  });
});
process.on('disconnect', () => process.exit());
void server.run(new AbortController().signal);
process.send?.({ port: await server.listening });
