/** How often the clock is updated, and the most that one tick counts for. Asleep while no caller asks for the time. */
const awake = { tickMs: 25, mostMs: 50 };
const asleep = { tickMs: 1_000, mostMs: 1_050 };
const ticksAwake = 80;

type Pace = typeof awake;

let time = 0;
let last = 0;
let timer: NodeJS.Timeout | undefined;
let ticksLeft = 0;

/**
 * Milliseconds in which this process listened to its clients. Time in which the process itself was busy counts for one
 * tick at most, so a client whose bytes wait in the kernel is not taken for slow. Exact to about 25 ms, or to a second
 * if no caller asked for two seconds.
 */
export function patientNow(): number {
  if (ticksLeft === 0) {
    if (timer === undefined) last = performance.now();
    else wind(asleep);
    keep(awake);
  }
  ticksLeft = ticksAwake;
  return time;
}

function keep(pace: Pace): void {
  clearInterval(timer);
  timer = setInterval(() => tick(pace), pace.tickMs).unref();
}

function tick(pace: Pace): void {
  wind(pace);
  if (ticksLeft === 0) return;
  ticksLeft -= 1;
  if (ticksLeft === 0) keep(asleep);
}

function wind({ mostMs }: Pace): void {
  const now = performance.now();
  time += Math.min(now - last, mostMs);
  last = now;
}
