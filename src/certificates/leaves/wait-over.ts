/** Whether a wait is over. It is over too when more than `maxMs` is left: then the clock was set back. */
export function isOver(until: number, now: number, maxMs: number): boolean {
  return now >= until || until - now > maxMs;
}
