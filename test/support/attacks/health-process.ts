/* The health port in a process of its own, which is busy now and then as one that compiles is; ended with its parent. */
import { createHealthServer } from '../../../src/connections/health-server.ts';

const busyMs = 200;

setInterval(() => {
  const until = performance.now() + busyMs;
  while (performance.now() < until);
}, 2 * busyMs);
process.on('disconnect', () => process.exit());
void createHealthServer({ port: Number(process.argv[2]), live: [], ready: [] }).run(
  new AbortController().signal,
);
process.send?.('started');
