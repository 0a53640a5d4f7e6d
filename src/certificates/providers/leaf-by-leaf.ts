import { controlPlaneName } from '../../api/control-plane-names.ts';
import type { Clock } from '../../common/clock.ts';
import { WeftError } from '../../common/errors.ts';
import type { Logger } from '../../common/logger.ts';
import { Secret } from '../../common/secret.ts';
import { Wakeup } from '../../common/wakeup.ts';
import { backOffMs, type Random } from '../../kubernetes/back-off.ts';
import { identityKey } from '../../policy/identity.ts';
import type { Authority, IssuerFailure, Leaf, LeafRequest, RunningIssuer } from '../issuer.ts';
import { Listeners } from '../../common/listeners.ts';
import type { PinnedRoots } from '../pinned-roots.ts';
import { templateOf } from '../signing-authority.ts';
import { trustBundleOf } from '../trust-bundle.ts';
import { shortestValidityMs } from '../leaves/validity.ts';
import { generateKeyPair, privateKeyPem, type KeyKind } from '../../x509/key-pair.ts';
import { signingRequest } from '../../x509/signing-request.ts';
import { problemOfLeaf } from '../../x509/validate.ts';
import { limitValidity } from './shorten-request.ts';
import { FailedRequests } from './failed-requests.ts';
import { completeToRoot, refusedAnswer, untilValid, type OutsideIssuer } from './outside-issuer.ts';

export interface LeafByLeafOptions {
  readonly outside: OutsideIssuer;
  readonly trustDomain: string;
  readonly keyKind: KeyKind;
  readonly pinned: PinnedRoots | undefined;
  /** The control plane's namespace. A leaf for the control plane serves to check the issuer. */
  readonly namespace: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** How often to check the issuer while no leaf is needed. Default 5 min. */
  readonly pollIntervalMs?: number | undefined;
}

interface Issued {
  readonly leaf: Leaf;
  readonly authority: Authority;
}

const backOff = { baseMs: 1_000, maxMs: 60_000 };

/**
 * Has an outside issuer sign every leaf (docs/decisions/0055). Learns the authority from each leaf, and from a check at
 * the start and every few minutes. The issuer may sign with any certificate below its root, so the root stands for the
 * signer.
 */
export class LeafByLeafIssuer implements RunningIssuer {
  readonly #options: LeafByLeafOptions;
  readonly #listeners: Listeners<undefined>;
  #attempts = 0;
  /** The newest authority, and the number of the request that showed it. */
  #known: { readonly authority: Authority; readonly attempt: number } | undefined;
  readonly #failedRequests = new FailedRequests();
  /** The message that was logged last. */
  #lastLogged: string | undefined;
  readonly #wakeup = new Wakeup();
  /** Whether the next check comes soon, because the last check failed. */
  #isPolling = true;

  constructor(options: LeafByLeafOptions) {
    this.#options = options;
    this.#listeners = new Listeners(options.logger);
  }

  async issue(request: LeafRequest, signal: AbortSignal): Promise<Leaf> {
    signal.throwIfAborted();
    try {
      return await this.#attempt(request, true, signal);
    } finally {
      // The caller may not retry, so poll until the issuer has recovered.
      if (this.lastFailure() !== undefined && !this.#isPolling) this.#wakeup.wake();
    }
  }

  authority(): Authority | undefined {
    return this.#known?.authority;
  }

  onChange(callback: () => void): () => void {
    return this.#listeners.add(callback);
  }

  lastFailure(): IssuerFailure | undefined {
    return this.#failedRequests.lastFailure(this.#options.clock.now());
  }

  /** Checks the issuer until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    await Promise.all([this.#options.outside.run(signal), this.#check(signal)]);
  }

  async #check(signal: AbortSignal): Promise<void> {
    const {
      clock,
      random,
      keyKind,
      trustDomain,
      namespace,
      pollIntervalMs = 300_000,
    } = this.#options;
    const account = identityKey({ namespace, serviceAccount: controlPlaneName });
    const subject = { kind: 'workload', trustDomain, account } as const;
    const own = { subject, validityMs: shortestValidityMs, keyKind };
    let failures = 0;
    const look = async (): Promise<number> => {
      // Repeats a request that failed: another leaf would not show whether the issuer has recovered.
      const request = this.#failedRequests.next(clock.now()) ?? own;
      await this.#attempt(request, request === own, signal).then(
        () => (failures = 0),
        () => (failures += 1),
      );
      if (this.lastFailure() !== undefined) failures = Math.max(failures, 1);
      this.#isPolling = failures > 0;
      return failures === 0 ? pollIntervalMs : backOffMs(failures, backOff, random);
    };
    await this.#wakeup.repeat(look, clock, signal);
  }

  async #attempt(request: LeafRequest, isWanted: boolean, signal: AbortSignal): Promise<Leaf> {
    const attempt = (this.#attempts += 1);
    try {
      const { leaf, authority } = await this.#sign(request, signal);
      this.#failedRequests.succeeded(request);
      this.#lastLogged = this.lastFailure()?.message;
      this.#learn(authority, attempt);
      return leaf;
    } catch (thrown) {
      const error = WeftError.from(thrown);
      if (!signal.aborted && error.code !== 'configuration-invalid')
        this.#failed(request, error, isWanted);
      throw thrown;
    }
  }

  async #sign(request: LeafRequest, signal: AbortSignal): Promise<Issued> {
    const { outside, clock, pinned } = this.#options;
    const { subject, keyKind } = request;
    const requestedAt = clock.now();
    // Some issuers refuse a certificate that would outlive their own, instead of shortening it.
    const left = (this.#known?.authority.notAfter ?? Infinity) - requestedAt;
    const validityMs = limitValidity(request.validityMs, left);
    const template = templateOf(subject, {
      notBefore: requestedAt,
      notAfter: requestedAt + validityMs,
    });
    const keys = await generateKeyPair(keyKind);
    const wish = { request: signingRequest(template, keys), template, validityMs };
    const answer = await outside.sign(wish, signal);
    const { name } = outside;
    const { chain, root } = completeToRoot(answer, { name, pinned });
    const [first = root, ...above] = chain;
    await untilValid(first, clock, signal);
    const { privateKey } = keys;
    const problem = problemOfLeaf({ chain, privateKey, roots: [root] }, template, clock.now());
    if (problem !== undefined) throw refusedAnswer(name, problem);
    const notAfter = Math.min(...[...above, root].map((one) => one.notAfter));
    return {
      leaf: {
        certificateChain: chain.map(({ pem }) => pem).join(''),
        privateKey: new Secret(privateKeyPem(privateKey)),
        notBefore: first.notBefore,
        notAfter: Math.min(first.notAfter, notAfter),
        signer: root.fingerprint,
      },
      authority: {
        bundle: trustBundleOf(pinned?.certificates ?? [root]),
        signer: root.fingerprint,
        notAfter,
      },
    };
  }

  /** Ignores a leaf that was requested earlier than the last known one: it does not show the current signer. */
  #learn(authority: Authority, attempt: number): void {
    const before = this.#known;
    if (before !== undefined && attempt < before.attempt) return;
    this.#known = { authority, attempt };
    if (before?.authority.signer === authority.signer) return;
    const { logger, outside } = this.#options;
    logger.info('outside root found', { issuer: outside.name, root: authority.signer });
    if (before !== undefined)
      logger.warn('mesh root replaced without overlap', { issuer: outside.name });
    this.#listeners.notify(undefined);
  }

  #failed(request: LeafRequest, error: WeftError, isWanted: boolean): void {
    const { clock, logger, outside } = this.#options;
    const { code, message } = error;
    this.#failedRequests.failed(request, error, { now: clock.now(), isWanted });
    if (this.#lastLogged === message) return;
    this.#lastLogged = message;
    logger.warn('outside issuer fails', { issuer: outside.name, code, problem: message });
  }
}
