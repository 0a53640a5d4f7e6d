/*
 * Runs in a client pod: `node client.ts PLAN` (JSON). Prints a line of JSON when every kind of
 * traffic works and the schedule begins, one each second with what has been counted so far, one for
 * each of the first failures, and one with the totals at the end, which SIGTERM brings about.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { reasonOf, within } from './exchange.ts';
import { type Lane, openLanes } from './lanes.ts';
import type { LoadPlan } from './plan.ts';
import type { Report } from './report.ts';
import { makeSchedule } from './schedule.ts';

const tickMs = 5;
const mostAtOnce = 4000;

const plan = JSON.parse(process.argv[2] ?? '') as LoadPlan;
const stopped = new AbortController();
let counting = false;
let atOnce = 0;
let lateMs = 0;

function print(report: Report): void {
  process.stdout.write(`${JSON.stringify(report)}\n`);
}

function fail({ kind, tally }: Pick<Lane, 'kind' | 'tally'>, at: number, reason: string): void {
  const atMs = Math.round(performance.timeOrigin + at);
  if (tally.fail({ atMs, reason })) print({ failure: { kind, atMs, reason } });
}

/** Exchanges, without counting, until one has worked. */
async function warmUp({ kind, channel, nextToken }: Lane): Promise<void> {
  const deadline = performance.now() + (plan.warmUpMs ?? 60_000);
  for (;;) {
    try {
      await within(channel.exchange(nextToken()), 2000);
      return;
    } catch (error) {
      if (performance.now() > deadline)
        throw new Error(`${kind}: ${reasonOf(error)}`, { cause: error });
      await sleep(100);
    }
  }
}

async function exchange(lane: Lane, dueAt: number): Promise<void> {
  lane.tally.send();
  if (atOnce >= mostAtOnce) {
    fail(lane, dueAt, `${mostAtOnce} exchanges are under way already`);
    return;
  }
  atOnce += 1;
  try {
    await within(lane.channel.exchange(lane.nextToken()), plan.timeoutMs);
    lane.tally.succeed(performance.now() - dueAt);
  } catch (error) {
    fail(lane, dueAt, reasonOf(error));
  } finally {
    atOnce -= 1;
  }
}

/** Keeps to the plan's rates until it is stopped, and waits for what is under way then. */
async function run(lanes: readonly Lane[]): Promise<void> {
  const underWay = new Set<Promise<void>>();
  const scheduled = lanes.map((lane) => {
    return { lane, schedule: makeSchedule(plan.rates[lane.kind], performance) };
  });
  while (!stopped.signal.aborted) {
    for (const { lane, schedule } of scheduled)
      for (const dueAt of schedule.due()) {
        const one = exchange(lane, dueAt).finally(() => underWay.delete(one));
        underWay.add(one);
      }
    const slept = performance.now();
    await sleep(tickMs);
    lateMs = Math.max(lateMs, performance.now() - slept - tickMs);
  }
  await Promise.all(underWay);
}

process.on('SIGTERM', () => {
  stopped.abort();
});
const lanes = await openLanes(plan, (kind, tally, reason) => {
  if (!counting) return;
  // Counts as one more, for it may have been between two messages.
  tally.send();
  fail({ kind, tally }, performance.now(), `a connection that lives on broke: ${reason}`);
});
try {
  await Promise.all(lanes.map(warmUp));
} catch (error) {
  print({ problem: reasonOf(error) });
  process.exit(1);
}
counting = true;
print({ begun: { atMs: Date.now() } });
if (plan.seconds > 0) setTimeout(() => stopped.abort(), plan.seconds * 1000).unref();
const everySecond = setInterval(() => {
  const counts = Object.fromEntries(lanes.map(({ kind, tally }) => [kind, tally.counts()]));
  print({ second: { atMs: Date.now(), counts, lateMs: Math.round(lateMs) } });
  lateMs = 0;
}, 1000);
await run(lanes);
clearInterval(everySecond);
for (const { channel } of lanes) channel.close();
print({ totals: Object.fromEntries(lanes.map(({ kind, tally }) => [kind, tally.totals()])) });
