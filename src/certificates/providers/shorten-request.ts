import type { Clock } from '../../common/clock.ts';
import { WeftError } from '../../common/errors.ts';
import type { OutsideIssuer, SignedAnswer, SigningRequest } from './outside-issuer.ts';

/** The answer of an issuer that refuses to sign a certificate that would outlive its own. */
class BeyondCa extends Error {
  override readonly name = 'BeyondCa';
  /** When the issuer's own certificate ends, if the answer says so; milliseconds since the epoch. */
  readonly notAfter: number | undefined;

  constructor(message: string, notAfter: number | undefined) {
    super(message);
    this.notAfter = notAfter;
  }
}

/**
 * The error for that refusal. `answer` is the issuer's text; its last timestamp is the end of the issuer's
 * certificate.
 */
export function createBeyondCaError(message: string, answer: string): WeftError {
  const [last] =
    answer.match(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)/g)?.slice(-1) ?? [];
  const notAfter = last === undefined ? undefined : Date.parse(last);
  const cause = new BeyondCa(answer, notAfter);
  return new WeftError('issuer-misconfigured', message, { retry: 'soon', cause });
}

/** Whether an issuer's answer refuses a certificate because it would outlive the issuer's own. */
export function refusesBeyondCa(answer: string): boolean {
  return /beyond the expiration of the CA/i.test(answer);
}

const longestMargin = 30_000;
const leastMs = 1_000;

/**
 * The validity to request, in ms, from an issuer whose certificate is valid for another `leftMs`: a little shorter than
 * that, because the issuer's clock may be ahead and the call takes a moment (docs/decisions/0098).
 */
export function limitValidity(wantedMs: number, leftMs: number): number {
  if (leftMs <= 0) return wantedMs;
  return Math.min(wantedMs, leftMs - Math.min(longestMargin, leftMs / 4));
}

/** The same issuer with retries: while it refuses a certificate that would outlive its own, asks for a shorter one. */
export function retryWithShorterValidity(outside: OutsideIssuer, clock: Clock): OutsideIssuer {
  const sign = async (request: SigningRequest, signal: AbortSignal): Promise<SignedAnswer> => {
    for (let current = request; ;) {
      try {
        return await outside.sign(current, signal);
      } catch (thrown) {
        const shorter = shortenValidity(current.validityMs, thrown, clock.now());
        if (shorter === undefined) throw thrown;
        current = { ...current, validityMs: shorter };
      }
    }
  };
  return {
    name: outside.name,
    sign,
    lastFailure: () => outside.lastFailure?.(),
    run: (signal) => outside.run(signal),
  };
}

/**
 * A shorter validity: half at most, and within the life of the issuer's certificate. Undefined if a retry is useless.
 */
function shortenValidity(requestedMs: number, thrown: unknown, now: number): number | undefined {
  const cause = thrown instanceof WeftError ? thrown.cause : undefined;
  if (!(cause instanceof BeyondCa)) return undefined;
  const leftMs = cause.notAfter === undefined ? Infinity : cause.notAfter - now;
  const shorter = Math.min(requestedMs / 2, limitValidity(requestedMs, leftMs));
  return leftMs > 0 && shorter >= leastMs ? shorter : undefined;
}
