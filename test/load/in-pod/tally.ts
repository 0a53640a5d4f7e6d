/** A failed exchange: when it was due (epoch ms), and what came instead of its answer. */
export interface Failure {
  readonly atMs: number;
  readonly reason: string;
}

/** How exchanges of one kind went; times in milliseconds from when they were due. */
export interface Totals {
  readonly sent: number;
  readonly ok: number;
  readonly failed: number;
  readonly firstFailures: readonly Failure[];
  readonly p50: number;
  readonly p99: number;
}

const kept = 20;
const smallest = 0.05;
const growth = Math.log(1.04);

/** Counts exchanges; memory does not grow with their number. */
export class Tally {
  #sent = 0;
  #ok = 0;
  #failed = 0;
  readonly #failures: Failure[] = [];
  /** How many took up to `smallest` times 1.04 to the power of the index. */
  readonly #times: (number | undefined)[] = [];

  send(): void {
    this.#sent += 1;
  }

  succeed(ms: number): void {
    this.#ok += 1;
    const bucket = Math.max(0, Math.ceil(Math.log(ms / smallest) / growth));
    this.#times[bucket] = (this.#times[bucket] ?? 0) + 1;
  }

  /** Whether it is among the failures that `totals` tells one by one. */
  fail(failure: Failure): boolean {
    this.#failed += 1;
    if (this.#failures.length === kept) return false;
    this.#failures.push(failure);
    return true;
  }

  /** Sent, answered rightly, failed. */
  counts(): readonly [sent: number, ok: number, failed: number] {
    return [this.#sent, this.#ok, this.#failed];
  }

  totals(): Totals {
    const [sent, ok, failed] = this.counts();
    const firstFailures = [...this.#failures];
    return { sent, ok, failed, firstFailures, p50: this.#quantile(0.5), p99: this.#quantile(0.99) };
  }

  /** At most 4 % too much; 0 when nothing was answered. */
  #quantile(share: number): number {
    let left = Math.ceil(this.#ok * share);
    if (left === 0) return 0;
    const bucket = this.#times.findIndex((count = 0) => (left -= count) <= 0);
    return Number((smallest * Math.exp(growth * bucket)).toFixed(2));
  }
}
