import { timestamp } from '../common/timestamp.ts';

/** The control plane reports at least every 30 s. */
const longestSilenceMs = 90_000;
/** How far the control plane's clock may differ from ours, plus the half minute to which it rounds. */
const skewMs = 60_000;

interface Seen {
  readonly reportedAt: string;
  /** When we saw it first, by our own clock. */
  readonly at: number;
  /** Whether another time was seen before: then this one was written while we watched. */
  readonly isLive: boolean;
}

/**
 * Whether the control plane still reports (docs/decisions/0105). A time that changed while we watched is compared with
 * our own clock alone. The first time that is seen may be of any age, because this process may just have started: it
 * also counts as old when it lies further back than clocks can differ.
 */
export class ReportPulse {
  #last: Seen | undefined;

  /** Takes the time of the report as it is now; undefined without one, as of an older version. */
  observe(reportedAt: string | undefined, now: number): void {
    if (reportedAt === this.#last?.reportedAt) return;
    const isLive = this.#last !== undefined;
    this.#last = reportedAt === undefined ? undefined : { reportedAt, at: now, isLive };
  }

  /** The time of the last report, as RFC 3339, when the control plane has been silent for too long since. */
  silentSince(now: number): string | undefined {
    const last = this.#last;
    if (last === undefined) return undefined;
    const madeAt = Date.parse(last.reportedAt);
    const isOld = !last.isLive && now - madeAt >= longestSilenceMs + skewMs;
    if (!isOld && now - last.at < longestSilenceMs) return undefined;
    return timestamp(Number.isNaN(madeAt) ? last.at : madeAt);
  }
}
