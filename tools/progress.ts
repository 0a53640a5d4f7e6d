/** Sets the text beside a step's title while it runs, such as "3 of 7". */
export type Note = (text: string) => void;

interface RunningStep {
  readonly title: string;
  readonly startedAt: number;
  note: string;
}

const frameEveryMs = 200;
const heartbeatEveryMs = 60_000;
const running: RunningStep[] = [];
let linesOnScreen = 0;
let timer: NodeJS.Timeout | undefined;

/**
 * Runs `work` as a step the user can watch: on a terminal a live line with the elapsed time,
 * else one plain line at the start, one at the end, and one a minute in between.
 * Several steps may run at once. Failures are shown and thrown on.
 */
export async function step<T>(title: string, work: (note: Note) => Promise<T>): Promise<T> {
  const current: RunningStep = { title, startedAt: Date.now(), note: '' };
  begin(current);
  try {
    const result = await work((text) => {
      current.note = text;
    });
    end(current, '✓');
    return result;
  } catch (error) {
    end(current, '✗');
    throw error;
  }
}

/** Prints a separate line, above the steps that are shown. */
export function say(line: string): void {
  eraseFrame();
  process.stdout.write(`${line}\n`);
  drawFrame();
}

/** Elapsed milliseconds for people: `0.4s`, `12s`, `3m05s`. */
export function elapsed(ms: number): string {
  if (ms < 9_950) return `${(ms / 1000).toFixed(1)}s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) return `${String(seconds)}s`;
  return `${String(Math.floor(seconds / 60))}m${String(seconds % 60).padStart(2, '0')}s`;
}

function begin(current: RunningStep): void {
  running.push(current);
  if (live()) {
    eraseFrame();
    drawFrame();
  } else {
    process.stdout.write(`  ${current.title} …\n`);
  }
  timer ??= setInterval(tick, live() ? frameEveryMs : heartbeatEveryMs).unref();
}

function end(current: RunningStep, mark: string): void {
  eraseFrame();
  running.splice(running.indexOf(current), 1);
  process.stdout.write(`${mark} ${current.title} (${elapsed(Date.now() - current.startedAt)})\n`);
  drawFrame();
  if (running.length > 0) return;
  clearInterval(timer);
  timer = undefined;
}

function tick(): void {
  if (live()) {
    eraseFrame();
    drawFrame();
    return;
  }
  for (const current of running) process.stdout.write(`  ${describe(current)} …\n`);
}

function describe(current: RunningStep): string {
  const note = current.note === '' ? '' : `: ${current.note}`;
  return `${current.title}${note} (${elapsed(Date.now() - current.startedAt)})`;
}

function live(): boolean {
  return process.stdout.isTTY && process.env['TERM'] !== 'dumb';
}

function eraseFrame(): void {
  if (linesOnScreen > 0) process.stdout.write(`\x1b[${String(linesOnScreen)}A\x1b[J`);
  linesOnScreen = 0;
}

function drawFrame(): void {
  if (!live() || running.length === 0) return;
  const width = Math.max(20, (process.stdout.columns || 80) - 1);
  for (const current of running)
    process.stdout.write(`${`… ${describe(current)}`.slice(0, width)}\n`);
  linesOnScreen = running.length;
}
