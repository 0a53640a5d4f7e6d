import type { WeftError } from '../../common/errors.ts';
import { namesOf, type IssuerFailure, type LeafRequest } from '../issuer.ts';

interface Failed {
  readonly request: LeafRequest;
  readonly failure: IssuerFailure;
  /** When a caller last wanted the leaf; milliseconds since the epoch. */
  wantedAt: number;
}

/** A caller that wants a leaf asks again within a minute. A request that no caller repeats for 3 min is forgotten. */
const forgetMs = 3 * 60_000;
const most = 100;

/**
 * The requests that an issuer failed (docs/decisions/0098). Each counts as a failure until the same request succeeds,
 * or until no caller wants it any more. The success of another request proves nothing about it.
 */
export class FailedRequests {
  readonly #failed = new Map<string, Failed>();

  /** `isWanted`: whether a caller needs the leaf; false when a failed request is only repeated as a check. */
  failed(request: LeafRequest, { code, message }: WeftError, moment: RequestMoment): void {
    const key = keyOf(request);
    const before = this.#failed.get(key);
    const since = before?.failure.since ?? moment.now;
    const wantedAt = moment.isWanted ? moment.now : (before?.wantedAt ?? moment.now);
    this.#failed.set(key, { request, failure: { code, message, since }, wantedAt });
    const [oldest] = this.#failed.keys();
    if (this.#failed.size > most && oldest !== undefined) this.#failed.delete(oldest);
  }

  /** Requests that failed with the same message count as recovered too. */
  succeeded(request: LeafRequest): void {
    const passed = this.#failed.get(keyOf(request));
    if (passed === undefined) return;
    for (const [key, { failure }] of this.#failed)
      if (failure.message === passed.failure.message) this.#failed.delete(key);
  }

  /** A failed request to repeat, to see whether it works again. */
  next(now: number): LeafRequest | undefined {
    this.#forget(now);
    const [first] = this.#failed.values();
    return first?.request;
  }

  /** The newest failure, with the start time of the oldest. */
  lastFailure(now: number): IssuerFailure | undefined {
    this.#forget(now);
    const all = [...this.#failed.values()].map(({ failure }) => failure);
    const last = all.at(-1);
    return last && { ...last, since: Math.min(...all.map(({ since }) => since)) };
  }

  #forget(now: number): void {
    for (const [key, { wantedAt }] of this.#failed)
      if (Math.abs(now - wantedAt) > forgetMs) this.#failed.delete(key);
  }
}

interface RequestMoment {
  readonly now: number;
  readonly isWanted: boolean;
}

function keyOf({ subject, keyKind }: LeafRequest): string {
  return [keyKind, ...namesOf(subject)].join(' ');
}
