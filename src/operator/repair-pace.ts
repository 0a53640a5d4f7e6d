const atOnce = 3;
const forgetMs = 60_000;
const longestMs = 4000;

/**
 * Limits repairs, so that the operator does not race a client that undoes each of them. The first three repairs of an
 * object are immediate; the next wait 1, 2 and then always 4 seconds. After a minute without a repair, the count starts
 * over (docs/decisions/0030).
 */
export class RepairPace {
  readonly #repairs = new Map<string, { readonly count: number; readonly last: number }>();

  /** How many milliseconds a repair of this object must still wait. */
  wait(identity: string, now: number): number {
    const known = this.#repairs.get(identity);
    if (known === undefined || now - known.last >= forgetMs || known.count < atOnce) return 0;
    const pause = Math.min(1000 * 2 ** (known.count - atOnce), longestMs);
    return Math.max(0, known.last + pause - now);
  }

  /** This object was repaired. */
  repaired(identity: string, now: number): void {
    const known = this.#repairs.get(identity);
    const recent = known !== undefined && now - known.last < forgetMs;
    this.#repairs.set(identity, { count: recent ? known.count + 1 : 1, last: now });
  }
}
