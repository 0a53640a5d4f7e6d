// Prints what 1,000 leaves from a cold start cost: `node test/bench/certificates.ts [leaves]`.
import { systemClock } from '../../src/common/clock.ts';
import { silentLogger } from '../../src/common/logger.ts';
import { identityKey } from '../../src/policy/identity.ts';
import { createLeafStore } from '../../src/certificates/leaf-store.ts';
import { BuiltInIssuer } from '../../src/certificates/providers/built-in.ts';
import { SecretApi } from '../fakes/secret-api.ts';

const count = Number(process.argv[2] ?? 1_000);
const api = new SecretApi();
const shared = { clock: systemClock, random: Math.random, logger: silentLogger };
const secrets = api.cache(systemClock);
api.deliver();
const end = new AbortController();
const issuer = new BuiltInIssuer({ ...shared, api, secrets, namespace: 'weft-system' });
const store = createLeafStore({
  ...shared,
  issuer,
  trustDomain: () => 'cluster.local',
  validity: () => 24 * 3_600_000,
});

let watching = true;
let longestTurn = 0;
function watchTurn(before = process.threadCpuUsage()): void {
  const now = process.threadCpuUsage();
  longestTurn = Math.max(longestTurn, now.user + now.system - before.user - before.system);
  if (watching) setImmediate(watchTurn, now);
}

const cpu = process.cpuUsage();
const start = performance.now();
let issued = 0;
let batches = 0;
const done = new Promise<void>((resolve) => {
  store.onChange((accounts) => {
    issued += accounts.length;
    batches++;
    if (issued === count) resolve();
  });
});
watchTurn();
const ended = Promise.all([issuer.run(end.signal), store.run(end.signal)]);
for (let at = 0; at < count; at++)
  store.leafOf(identityKey({ namespace: `ns-${at % 50}`, serviceAccount: `account-${at}` }));
await done;
const spent = process.cpuUsage(cpu);
watching = false;
const row = {
  leaves: count,
  cpuMs: Math.round((spent.user + spent.system) / 1000),
  wallMs: Math.round(performance.now() - start),
  // The work of one turn of the event loop: what others waited for, on an idle machine.
  longestTurnMs: Math.round(longestTurn / 100) / 10,
  batches,
};
process.stdout.write(`${JSON.stringify(row)}\n`);
end.abort();
await ended;
