import { setTimeout as pause } from 'node:timers/promises';
import { inspect } from 'node:util';

/** How long to wait for an answer, and what to say when it does not come. */
export interface Patience<T> {
  /** What is awaited, for the failure; default: the text of the function that looks. */
  readonly what?: string;
  /** Default: ten seconds. */
  readonly withinMs?: number;
  /** Between two looks; default: 20 ms. */
  readonly pauseMs?: number;
  /** Judges the answer; default: every answer but undefined and false will do. */
  readonly holds?: (answer: T) => boolean;
  /** What else the failure shows, such as a log. */
  readonly seen?: () => unknown;
}

/** The answers that end the wait where no `holds` judges them. */
type Given<T> = Exclude<T, undefined | false>;

const given = (answer: unknown): boolean => answer !== undefined && answer !== false;

/**
 * Looks again and again until the answer holds, and gives it. A look that throws means: not yet. When time
 * is up, the failure says what was awaited, for how long, and the last answer or error.
 */
export async function until<T>(
  look: () => T | Promise<T>,
  patience: Patience<T> & { readonly holds: (answer: T) => boolean },
): Promise<T>;
export async function until<T>(
  look: () => T | Promise<T>,
  patience?: Patience<T>,
): Promise<Given<T>>;
export async function until<T>(look: () => T | Promise<T>, patience: Patience<T> = {}): Promise<T> {
  const { withinMs = 10_000, pauseMs = 20, holds = given } = patience;
  const since = performance.now();
  for (;;) {
    const last = await attempt(look);
    if ('answer' in last && holds(last.answer)) return last.answer;
    const waitedMs = performance.now() - since;
    if (waitedMs > withinMs) throw await failure({ look, patience, waitedMs, last });
    await pause(pauseMs);
  }
}

/** Waits as `until` does, and gives the milliseconds that it took. */
export async function msUntil<T>(
  look: () => T | Promise<T>,
  patience: Patience<T> = {},
): Promise<number> {
  const since = performance.now();
  await until(look, patience);
  return performance.now() - since;
}

type Attempt<T> = { readonly answer: T } | { readonly error: unknown };

async function attempt<T>(look: () => T | Promise<T>): Promise<Attempt<T>> {
  try {
    return { answer: await look() };
  } catch (error) {
    return { error };
  }
}

async function failure<T>({
  look,
  patience,
  waitedMs,
  last,
}: {
  look: () => unknown;
  patience: Patience<T>;
  waitedMs: number;
  last: Attempt<T>;
}): Promise<Error> {
  const what = patience.what ?? look.toString().replaceAll(/\s+/g, ' ');
  const outcome =
    'answer' in last
      ? `the last answer was ${shown(last.answer)}`
      : `it threw ${shown(last.error)}`;
  const seen = patience.seen === undefined ? '' : `\n${shown(await patience.seen())}`;
  const message = `not within ${(waitedMs / 1000).toFixed(1)} s: ${what}; ${outcome}${seen}`;
  const error = 'error' in last ? new Error(message, { cause: last.error }) : new Error(message);
  // What called is what a reader looks for, and what Jest shows.
  const isElsewhere = (line: string): boolean => !line.includes(import.meta.filename);
  error.stack = error.stack?.split('\n').filter(isElsewhere).join('\n') ?? message;
  return error;
}

function shown(value: unknown): string {
  if (typeof value === 'string') return value;
  return value instanceof Error ? value.message : inspect(value, { depth: 6, breakLength: 120 });
}
