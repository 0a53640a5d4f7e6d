import { createLeafStore } from '../../../src/certificates/leaves/leaf-store.ts';
import type { RunningIssuer } from '../../../src/certificates/issuer.ts';
import { systemClock } from '../../../src/common/clock.ts';
import { silentLogger } from '../../../src/common/logger.ts';
import { type IdentityKey, identityKey } from '../../../src/policy/identity.ts';
import { until } from '../time/until.ts';

/** An issuer that runs until it is stopped. */
interface Started {
  readonly issuer: RunningIssuer;
  readonly stop: () => Promise<void>;
}

/** What leaves for many workloads at once cost a control plane that has just started. */
export interface ColdStart {
  readonly leaves: number;
  /** From asking until the last leaf was there, the issuer's own start included. */
  readonly longestWaitMs: number;
  readonly cpuMs: number;
  /** The work of one turn of the event loop: what others wait for, on an idle machine. */
  readonly longestTurnMs: number;
  /** The number of turns of the event loop in which leaves were reported. */
  readonly batches: number;
}

/** That many accounts, over 50 namespaces. */
export function manyAccounts(count: number): readonly IdentityKey[] {
  return Array.from({ length: count }, (_, at) =>
    identityKey({ namespace: `ns-${at % 50}`, serviceAccount: `account-${at}` }),
  );
}

/** Starts the issuer and asks it for all leaves at once. Rejects when they are not there within 80 s. */
export async function coldStart(
  start: () => Promise<Started>,
  accounts: readonly IdentityKey[],
): Promise<ColdStart> {
  const [turns, cpu, began] = [watchTurns(), process.cpuUsage(), performance.now()];
  const started = await start();
  const store = createLeafStore({
    ...{ issuer: started.issuer, clock: systemClock, random: Math.random, logger: silentLogger },
    trustDomain: () => 'cluster.local',
    validity: () => 24 * 3_600_000,
  });
  const end = new AbortController();
  let batches = 0;
  const stopCounting = store.onChange(() => batches++);
  const ended = store.run(end.signal);
  for (const account of accounts) store.leafOf(account);
  try {
    await until(() => store.health(), {
      what: 'all leaves',
      holds: ({ waiting }) => waiting === 0,
      withinMs: 80_000,
    });
    const { user, system } = process.cpuUsage(cpu);
    return {
      leaves: store.health().held,
      longestWaitMs: Math.round(performance.now() - began),
      cpuMs: Math.round((user + system) / 1000),
      longestTurnMs: turns.stop(),
      batches,
    };
  } finally {
    stopCounting();
    turns.stop();
    end.abort();
    await ended;
    await started.stop();
  }
}

function watchTurns(): { readonly stop: () => number } {
  let watching = true;
  let longest = 0;
  const look = (before: NodeJS.CpuUsage): void => {
    const now = process.threadCpuUsage();
    longest = Math.max(longest, now.user + now.system - before.user - before.system);
    if (watching) setImmediate(look, now);
  };
  look(process.threadCpuUsage());
  return {
    stop: () => {
      watching = false;
      return Math.round(longest / 100) / 10;
    },
  };
}
