import { decodeAnswer, encodeLeafRequest, type SharedLeafRequest } from './shared-leaf-request.ts';
import type { LeafPeers, PeerAnswer } from './shared-issuer.ts';
import type { Clock } from '../../common/clock.ts';
import type { Logger } from '../../common/logger.ts';
import type { Secret } from '../../common/secret.ts';

export interface PeerLeavesOptions {
  /** This replica's name. */
  readonly own: string;
  /** The other running replicas by name, with their addresses. */
  readonly others: () => ReadonlyMap<string, string>;
  /** Undefined when the replica at that address does not answer. */
  readonly request: (
    ip: string,
    bytes: Buffer,
    signal: AbortSignal,
  ) => Promise<Secret<Buffer> | undefined>;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** How long a replica that did not answer is left out. During that time, its identities have another owner. */
const silentMs = 10_000;

/** Asks the other replicas over the network. A silent replica costs one wait, not one wait per leaf. */
export class PeerLeaves implements LeafPeers {
  readonly own: string;
  readonly #options: PeerLeavesOptions;
  /** Since when a replica is silent. */
  readonly #silent = new Map<string, number>();

  constructor(options: PeerLeavesOptions) {
    this.#options = options;
    this.own = options.own;
  }

  others(): readonly string[] {
    const running = this.#options.others();
    for (const name of this.#silent.keys()) if (!running.has(name)) this.#silent.delete(name);
    return [...running.keys()].filter((name) => !this.#isSilent(name));
  }

  async request(
    replica: string,
    request: SharedLeafRequest,
    signal: AbortSignal,
  ): Promise<PeerAnswer | undefined> {
    const ip = this.#options.others().get(replica);
    if (ip === undefined || this.#isSilent(replica)) return undefined;
    const bytes = await this.#options.request(ip, encodeLeafRequest(request), signal);
    const answer = bytes && this.#read(bytes, replica);
    if (answer === undefined) this.#silent.set(replica, this.#options.clock.now());
    else this.#silent.delete(replica);
    return answer;
  }

  #isSilent(replica: string): boolean {
    const since = this.#silent.get(replica);
    return since !== undefined && Math.abs(this.#options.clock.now() - since) < silentMs;
  }

  #read(bytes: Secret<Buffer>, replica: string): PeerAnswer | undefined {
    try {
      return { leaf: decodeAnswer(bytes) };
    } catch {
      this.#options.logger.warn('replica sent an answer that cannot be read', { replica });
      return undefined;
    }
  }
}
