/*
 * A real xDS server in a process of its own, so that it shares its memory and its event loop with no test.
 * Tells its parent where it serves, and how it fares, four times a second.
 */
import { systemClock } from '../../../../src/common/clock.ts';
import { silentLogger } from '../../../../src/common/logger.ts';
import { Secret } from '../../../../src/common/secret.ts';
import type { IdentityKey } from '../../../../src/policy/identity.ts';
import { createXdsServer } from '../../../../src/xds/server/xds-server.ts';
import { makeResource, makeSet } from '../../resources/resource-sets.ts';
import { makeAuthority, ReplaceableCredentials } from '../../certificates/server-authority.ts';
import { type Figures, serverName, type VictimSays } from './words.ts';
import { authenticateByName } from '../../xds/authenticate-by-name.ts';

const sampleMs = 10;
const resources = 300;

function say(words: VictimSays): void {
  process.send?.(words);
}

/** Milliseconds of this thread's own work between two turns of a timer: what delays all others. */
class Turns {
  #turns: number[] = [];
  #last = cpuMs();

  constructor() {
    setInterval(() => {
      const now = cpuMs();
      this.#turns.push(now - this.#last);
      this.#last = now;
    }, sampleMs);
  }

  take(): number[] {
    const turns = this.#turns;
    this.#turns = [];
    return turns;
  }
}

function cpuMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1_000;
}

async function main(): Promise<void> {
  const authority = await makeAuthority();
  const server = createXdsServer({
    authenticate: authenticateByName,
    credentials: new ReplaceableCredentials(await authority.issue(serverName)),
    replicas: 'weft-system/weft-control-plane' as IdentityKey,
    answer: () => Promise.resolve(new Secret(Buffer.from('an answer'))),
    clock: systemClock,
    logger: silentLogger,
  });
  const names = Array.from({ length: resources }, (_, index) => `shop/service-${index}|80`);
  const set = makeSet(
    ...names.flatMap((name) => [makeResource('cluster', name), makeResource('endpoint', name)]),
  );
  server.publish(({ account }) => (account.startsWith('shop/') ? set : undefined));
  const { signal } = new AbortController();
  const proxies = await server.listen('0.0.0.0:0', signal);
  const replicas = await server.listenToReplicas('0.0.0.0:0', signal);
  say({ ca: authority.ca, port: proxies.port, replicaPort: replicas.port });
  const turns = new Turns();
  setInterval(() => {
    const figures: Figures = { rss: process.memoryUsage.rss(), turns: turns.take() };
    say({ figures });
  }, 250);
}

process.once('disconnect', () => process.exit());
await main();
