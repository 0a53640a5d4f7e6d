import type { Clock } from '../../common/clock.ts';
import { WeftError } from '../../common/errors.ts';
import type { Logger } from '../../common/logger.ts';
import { Wakeup } from '../../common/wakeup.ts';
import type { IdentityKey } from '../../policy/identity.ts';
import type { Authority, Issuer, IssuerFailure, Leaf, LeafRequest } from '../issuer.ts';
import { certificatesIn } from '../signing-authority.ts';
import { untilValid } from '../providers/outside-issuer.ts';
import type { Certificate } from '../../x509/certificate.ts';
import { requestOf, type SharedLeafRequest, type SharedPem } from './shared-leaf-request.ts';
import { ownersOf } from './owners.ts';
import { serves, sharedLeaf, type KeptLeaf } from './shared-leaf.ts';
import { SingleFlight } from './single-flight.ts';

/** The answer of another replica; `leaf` is undefined when that replica cannot give one. */
export interface PeerAnswer {
  readonly leaf: SharedPem | undefined;
}

/** The other replicas of this control plane. */
export interface LeafPeers {
  /** This replica's name, as all know it. */
  readonly own: string;
  /** The names of the others, without those that do not answer. */
  others(): readonly string[];
  /** Undefined when no answer came within some seconds. Rejects with the signal's reason only. */
  request(
    replica: string,
    request: SharedLeafRequest,
    signal: AbortSignal,
  ): Promise<PeerAnswer | undefined>;
}

export interface SharedIssuerOptions {
  readonly issuer: Issuer;
  /** Whether each leaf costs a request at an issuer outside; else nothing is shared. */
  readonly shares: () => boolean;
  readonly peers: LeafPeers;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** How long this replica waits for its plan to reach the signer that a peer requests. */
const followMs = 3_000;

/**
 * An issuer that many replicas use as if they were one (docs/decisions/0063). Each identity has one owner among the
 * replicas: the owner requests the leaf and gives it to the others. A replica that gets no answer from the owner
 * requests the leaf itself, so no replica depends on another. A request between replicas is never forwarded, so it
 * cannot loop.
 */
export class SharedIssuer implements Issuer {
  readonly #options: SharedIssuerOptions;
  /** The last leaf of each identity, issued for this replica or received from a peer. */
  readonly #kept = new Map<IdentityKey, KeptLeaf>();
  readonly #flights = new SingleFlight<Leaf>();

  constructor(options: SharedIssuerOptions) {
    this.#options = options;
  }

  async issue(request: LeafRequest, signal: AbortSignal): Promise<Leaf> {
    const shared = this.#requestFor(request);
    if (shared === undefined) return this.#options.issuer.issue(request, signal);
    return (await this.#fromOwner(shared, signal)) ?? this.#obtain(shared, signal);
  }

  /** The leaf for another replica; undefined when that replica should request it from the issuer. Never rejects. */
  async answer(request: SharedLeafRequest, signal: AbortSignal): Promise<Leaf | undefined> {
    if (request.heldOnly) return this.#held(request);
    try {
      if (!(await this.#signsAs(request.signer, signal))) return undefined;
      if (!this.#options.shares() || this.lastFailure() !== undefined) return undefined;
      const leaf = await this.#obtain(request, signal);
      return leaf.signer === request.signer ? leaf : undefined;
    } catch {
      return undefined;
    }
  }

  authority(): Authority | undefined {
    return this.#options.issuer.authority();
  }

  onChange(callback: () => void): () => void {
    return this.#options.issuer.onChange(callback);
  }

  lastFailure(): IssuerFailure | undefined {
    return this.#options.issuer.lastFailure();
  }

  /** Forgets the leaves of all other accounts, and all when none are shared any more. */
  retain(accounts: ReadonlySet<IdentityKey>): void {
    const shares = this.#options.shares();
    for (const account of this.#kept.keys())
      if (!shares || !accounts.has(account)) this.#kept.delete(account);
  }

  #requestFor({ subject, ...wishes }: LeafRequest): SharedLeafRequest | undefined {
    const signer = this.authority()?.signer;
    if (subject.kind !== 'workload' || signer === undefined || !this.#options.shares())
      return undefined;
    const { account, trustDomain } = subject;
    return { account, trustDomain, ...wishes, signer, heldOnly: false };
  }

  /**
   * Asks the owner, or the next owner when one does not answer. Undefined when this replica is next, or without a
   * usable leaf.
   */
  async #fromOwner(request: SharedLeafRequest, signal: AbortSignal): Promise<Leaf | undefined> {
    const { before } = this.#ranks(request);
    for (const replica of before) {
      const answer = await this.#options.peers.request(replica, request, signal);
      if (answer !== undefined) return this.#accept(answer, { request, replica, signal });
    }
    return undefined;
  }

  /** A kept leaf, or a new one. This replica asks the issuer once, however many callers want the leaf. */
  async #obtain(request: SharedLeafRequest, signal: AbortSignal): Promise<Leaf> {
    const { account, trustDomain, keyKind, signer } = request;
    const key = [account, trustDomain, keyKind, signer].join('\n');
    return (
      this.#held(request) ??
      this.#flights.join(key, (inner) => this.#newLeaf(request, inner), signal)
    );
  }

  async #newLeaf(request: SharedLeafRequest, signal: AbortSignal): Promise<Leaf> {
    const held = await this.#fromFormerOwner(request, signal);
    if (held !== undefined) return held;
    const leaf = await this.#options.issuer.issue(requestOf(request), signal);
    this.#kept.set(request.account, { leaf, request });
    return leaf;
  }

  /** Asks the former owner, which is next in rank: a replica that has just become the owner has no leaf. */
  async #fromFormerOwner(
    request: SharedLeafRequest,
    signal: AbortSignal,
  ): Promise<Leaf | undefined> {
    const [replica] = this.#ranks(request).after;
    if (replica === undefined || this.#kept.has(request.account)) return undefined;
    const answer = await this.#options.peers.request(
      replica,
      { ...request, heldOnly: true },
      signal,
    );
    return answer && this.#accept(answer, { request, replica, signal });
  }

  #ranks({ account }: SharedLeafRequest): { before: readonly string[]; after: readonly string[] } {
    const { peers } = this.#options;
    const owners = ownersOf(account, [peers.own, ...peers.others()]);
    const at = owners.indexOf(peers.own);
    return { before: owners.slice(0, at), after: owners.slice(at + 1) };
  }

  #held(request: SharedLeafRequest): Leaf | undefined {
    const kept = this.#kept.get(request.account);
    return kept !== undefined && serves(kept, request, this.#options.clock.now())
      ? kept.leaf
      : undefined;
  }

  /** The leaf in a peer's answer, checked like a leaf of the issuer; undefined when it is not usable. */
  async #accept(
    { leaf: pem }: PeerAnswer,
    {
      request,
      replica,
      signal,
    }: { request: SharedLeafRequest; replica: string; signal: AbortSignal },
  ): Promise<Leaf | undefined> {
    const { clock, logger } = this.#options;
    const authority = this.authority();
    if (pem === undefined || authority === undefined) return undefined;
    try {
      const [first] = certificatesIn(pem.certificateChain, 'the leaf') as [Certificate];
      await untilValid(first, clock, signal);
      const leaf = sharedLeaf(pem, request, { authority, now: clock.now() });
      this.#kept.set(request.account, { leaf, request });
      return leaf;
    } catch (thrown) {
      signal.throwIfAborted();
      const { code, message } = WeftError.from(thrown);
      logger.warn('leaf of a replica refused', {
        for: request.account,
        replica,
        code,
        problem: message,
      });
      return undefined;
    }
  }

  /** Whether this replica signs as `signer`. Waits up to 3 s for a plan that is on its way. */
  async #signsAs(signer: string, signal: AbortSignal): Promise<boolean> {
    const { clock } = this.#options;
    const until = clock.now() + followMs;
    const wakeup = new Wakeup();
    const stop = this.onChange(() => wakeup.wake());
    const isSo = (): boolean => this.authority()?.signer === signer;
    try {
      for (let left = followMs; !isSo() && left > 0 && !signal.aborted; left = until - clock.now())
        await wakeup.wait(Math.min(left, followMs), clock, signal);
    } finally {
      stop();
    }
    return isSo();
  }
}
