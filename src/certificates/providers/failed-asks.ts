import type { WeftError } from '../../common/errors.ts';
import { namesOf, type IssuerTrouble, type LeafRequest } from '../issuer.ts';

interface Failed {
  readonly request: LeafRequest;
  readonly trouble: IssuerTrouble;
  /** When somebody last wanted it; milliseconds since the epoch. */
  wantedAt: number;
}

/** Who wants a leaf asks again within a minute; what nobody asks for any more is no trouble. */
const forgetMs = 3 * 60_000;
const most = 100;

/**
 * What an issuer was asked for and did not give. Each is a trouble until that very request succeeds, or
 * nobody wants it any more: that another one succeeds says nothing about it.
 */
export class FailedAsks {
  readonly #failed = new Map<string, Failed>();

  /** `isWanted`: by somebody who needs the leaf, and not only to look whether the trouble has passed. */
  failed(request: LeafRequest, { code, message }: WeftError, asked: Asked): void {
    const key = keyOf(request);
    const before = this.#failed.get(key);
    const since = before?.trouble.since ?? asked.now;
    const wantedAt = asked.isWanted ? asked.now : (before?.wantedAt ?? asked.now);
    this.#failed.set(key, { request, trouble: { code, message, since }, wantedAt });
    const [oldest] = this.#failed.keys();
    if (this.#failed.size > most && oldest !== undefined) this.#failed.delete(oldest);
  }

  /** What failed in the very same words has passed as well. */
  succeeded(request: LeafRequest): void {
    const passed = this.#failed.get(keyOf(request));
    if (passed === undefined) return;
    for (const [key, { trouble }] of this.#failed)
      if (trouble.message === passed.trouble.message) this.#failed.delete(key);
  }

  /** One to ask for again, to see whether its trouble has passed. */
  next(now: number): LeafRequest | undefined {
    this.#forget(now);
    const [first] = this.#failed.values();
    return first?.request;
  }

  /** The newest in words, since the oldest of them. */
  trouble(now: number): IssuerTrouble | undefined {
    this.#forget(now);
    const all = [...this.#failed.values()].map(({ trouble }) => trouble);
    const last = all.at(-1);
    return last && { ...last, since: Math.min(...all.map(({ since }) => since)) };
  }

  #forget(now: number): void {
    for (const [key, { wantedAt }] of this.#failed)
      if (Math.abs(now - wantedAt) > forgetMs) this.#failed.delete(key);
  }
}

interface Asked {
  readonly now: number;
  readonly isWanted: boolean;
}

function keyOf({ subject, keyKind }: LeafRequest): string {
  return [keyKind, ...namesOf(subject)].join(' ');
}
