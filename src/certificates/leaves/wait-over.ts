/** Whether a wait is over; one longer than `maxMs` means that the clock has stepped back meanwhile. */
export function isOver(until: number, now: number, maxMs: number): boolean {
  return now >= until || until - now > maxMs;
}
