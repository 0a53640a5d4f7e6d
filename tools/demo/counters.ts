import { setTimeout as sleep } from 'node:timers/promises';
import type { Forward } from './forward.ts';

/** The counters of a shopper's `/raw` that the story follows. */
export interface Count {
  readonly booksBoughtV1: number;
  readonly booksBoughtV2: number;
  readonly failed: number;
}

export type Counts = Readonly<Record<string, Count>>;

/** `<app> <field>`, e.g. "bookbuyer booksBoughtV1". */
export interface Watched {
  readonly app: string;
  readonly field: keyof Count;
}

/** The expected traffic after a step: counters that climb, and counters that rest. */
export interface Expectation {
  readonly climb: readonly Watched[];
  readonly rest: readonly Watched[];
}

const longestWaitMs = 30_000;
const pauseMs = 2500;

async function read(forward: Forward): Promise<Count> {
  const response = await fetch(`${forward.url}/raw`, { signal: AbortSignal.timeout(5000) });
  return (await response.json()) as Count;
}

export async function readCounts(forwards: readonly Forward[]): Promise<Counts> {
  const entries = await Promise.all(forwards.map(async (f) => [f.app, await read(f)] as const));
  return Object.fromEntries(entries);
}

function valueOf(counts: Counts, watched: Watched): number {
  return counts[watched.app]?.[watched.field] ?? 0;
}

function moved(before: Counts, after: Counts, watched: readonly Watched[]): Watched[] {
  return watched.filter((w) => valueOf(after, w) > valueOf(before, w));
}

/**
 * Waits until traffic is as expected, and proves it: in one window of two and a half seconds
 * every climbing counter moved and no resting counter did. The error names the counter that did not.
 */
export async function untilTraffic(
  forwards: readonly Forward[],
  expected: Expectation,
): Promise<void> {
  const deadline = Date.now() + longestWaitMs;
  let complaint = '';
  while (Date.now() < deadline) {
    const before = await readCounts(forwards);
    await sleep(pauseMs);
    const after = await readCounts(forwards);
    const still = moved(before, after, expected.rest);
    const climbing = moved(before, after, expected.climb);
    const stuck = expected.climb.filter((w) => !climbing.includes(w));
    if (still.length === 0 && stuck.length === 0) return;
    complaint = [
      ...still.map((w) => `${w.app} ${w.field} still climbs`),
      ...stuck.map((w) => `${w.app} ${w.field} does not climb`),
    ].join(', ');
  }
  throw new Error(`traffic does not do what it should: ${complaint}`);
}
