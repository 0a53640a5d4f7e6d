import type { Clock } from '../../common/clock.ts';
import { WeftError } from '../../common/errors.ts';
import type { OutsideIssuer, SignedAnswer, SigningWish } from './outside-issuer.ts';

/** What an issuer said that refuses to sign anything that would outlive its own certificate. */
class BeyondCa extends Error {
  override readonly name = 'BeyondCa';
  /** When that certificate ends, if it was said; milliseconds since the epoch. */
  readonly notAfter: number | undefined;

  constructor(message: string, notAfter: number | undefined) {
    super(message);
    this.notAfter = notAfter;
  }
}

/** The error for that refusal; `said` are the issuer's words, in which the end may stand last. */
export function beyondCa(message: string, said: string): WeftError {
  const [last] =
    said.match(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)/g)?.slice(-1) ?? [];
  const notAfter = last === undefined ? undefined : Date.parse(last);
  const cause = new BeyondCa(said, notAfter);
  return new WeftError('issuer-misconfigured', message, { retry: 'soon', cause });
}

/** Whether an issuer's words refuse what would outlive its certificate. */
export function isBeyondCa(said: string): boolean {
  return /beyond the expiration of the CA/i.test(said);
}

const longestMargin = 30_000;
const leastMs = 1_000;

/**
 * What to ask of an issuer whose certificate has `leftMs` to go: a little less than that, for its clock
 * may be ahead, and the call takes a moment.
 */
export function withinLife(wishedMs: number, leftMs: number): number {
  if (leftMs <= 0) return wishedMs;
  return Math.min(wishedMs, leftMs - Math.min(longestMargin, leftMs / 4));
}

/** The same issuer, which is asked for less as long as it refuses what would outlive its certificate. */
export function askingForLess(outside: OutsideIssuer, clock: Clock): OutsideIssuer {
  const sign = async (wish: SigningWish, signal: AbortSignal): Promise<SignedAnswer> => {
    for (let asked = wish; ;) {
      try {
        return await outside.sign(asked, signal);
      } catch (thrown) {
        const less = lessThan(asked.validityMs, thrown, clock.now());
        if (less === undefined) throw thrown;
        asked = { ...asked, validityMs: less };
      }
    }
  };
  return {
    name: outside.name,
    sign,
    trouble: () => outside.trouble?.(),
    run: (signal) => outside.run(signal),
  };
}

/** Half as long, or as long as its certificate still goes; undefined when nothing is gained by asking. */
function lessThan(askedMs: number, thrown: unknown, now: number): number | undefined {
  const cause = thrown instanceof WeftError ? thrown.cause : undefined;
  if (!(cause instanceof BeyondCa)) return undefined;
  const leftMs = cause.notAfter === undefined ? Infinity : cause.notAfter - now;
  const less = Math.min(askedMs / 2, withinLife(askedMs, leftMs));
  return leftMs > 0 && less >= leastMs ? less : undefined;
}
