/** How often the clock is wound, and what a tick counts for at most. Asleep while nobody asks for the time. */
const awake = { tickMs: 25, mostMs: 50 };
const asleep = { tickMs: 1_000, mostMs: 1_050 };
const ticksAwake = 80;

type Pace = typeof awake;

let time = 0;
let last = 0;
let timer: NodeJS.Timeout | undefined;
let ticksLeft = 0;

/**
 * Milliseconds in which this process listened to its clients: time in which it was busy itself counts for
 * a tick at most. So nobody is taken for slow whose words wait in the kernel. Exact to some 25 ms, and to a
 * second after two in which nobody asked.
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
