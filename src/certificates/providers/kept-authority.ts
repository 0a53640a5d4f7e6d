import { kinds } from '../../api/kinds.ts';
import type { ObjectMeta, SecretObject } from '../../api/core.ts';
import type { Clock } from '../../common/clock.ts';
import { WeftError } from '../../common/errors.ts';
import type { Logger } from '../../common/logger.ts';
import type { ApiClient, ObjectRef } from '../../kubernetes/api-client.ts';
import { backOffMs, type Random } from '../../kubernetes/back-off.ts';
import { isOlder } from '../../kubernetes/resource-version.ts';
import type { ObjectStore } from '../../kubernetes/store.ts';
import { withinTime } from '../../kubernetes/time-limit.ts';
import type { Authority, IssuerFailure, Leaf, LeafRequest, RunningIssuer } from '../issuer.ts';
import { Listeners } from '../../common/listeners.ts';
import { pinnedAuthority, type PinnedRoots } from '../pinned-roots.ts';
import { openAuthority, type AuthorityPem, type SigningAuthority } from '../signing-authority.ts';
import { Wakeup } from '../../common/wakeup.ts';
import { authorityPemOf, authoritySecret, sameAuthority } from './authority-secret.ts';

/** Creates a CA when there is none. */
export interface AuthoritySource {
  /** Annotation on the Secret of a CA that this source created; the Secret of a user's CA lacks it. */
  readonly name: string;
  /** Whether to replace a CA that this source made by a new one in time, and when its Secret is deleted. */
  readonly renews: boolean;
  make(signal: AbortSignal): Promise<AuthorityPem>;
}

export interface KeptAuthorityOptions {
  readonly api: Pick<ApiClient, 'get' | 'create' | 'merge'>;
  /** The Secrets of the namespace, or just this one. */
  readonly secrets: ObjectStore<SecretObject>;
  readonly namespace: string;
  readonly secretName: string;
  readonly source: AuthoritySource;
  /** The recorded roots. A CA that does not chain to them is refused. */
  readonly pinned?: PinnedRoots | undefined;
  /** Put on the Secret when it is created. */
  readonly metadata?: Pick<ObjectMeta, 'labels' | 'annotations' | 'ownerReferences'>;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

const sourceAnnotation = 'weft.dev/issued-by';
const backOff = { baseMs: 500, maxMs: 30_000 };
const recheckMs = 60_000;
const minRecheckMs = 1_000;
const longestSyncMs = 5_000;
/** Each replica picks its own moment, so that usually one replica renews and the others find the new CA. */
const renewal = { fraction: 2 / 3, spread: 0.1 };

/**
 * Signs with a CA that is kept in a Secret (docs/decisions/0051). Without a Secret, the source makes a CA and this
 * class creates the Secret; if several replicas do so, one wins and the others load its CA. Never writes a Secret that
 * a user made. Follows changes of the Secret; reports a CA that cannot be used and keeps the last good CA. If
 * the Secret of a root is deleted while this runs, creates it again with the same CA.
 */
export class KeptAuthority implements RunningIssuer {
  readonly #options: KeptAuthorityOptions;
  readonly #ref: ObjectRef & { readonly namespace: string };
  readonly #listeners: Listeners<undefined>;
  readonly #wakeup = new Wakeup();
  #authority: SigningAuthority | undefined;
  /** The Secret that the authority came from, and when to renew it if its source renews. */
  #held: { readonly secret: SecretObject; readonly renewAt: number } | undefined;
  #failure: IssuerFailure | undefined;

  constructor(options: KeptAuthorityOptions) {
    const { namespace, secretName: name } = options;
    this.#options = options;
    this.#listeners = new Listeners(options.logger);
    this.#ref = { kind: kinds.secret, namespace, name };
  }

  async issue(request: LeafRequest, signal: AbortSignal): Promise<Leaf> {
    signal.throwIfAborted();
    if (this.#authority === undefined)
      throw new WeftError('issuer-unavailable', this.#failure?.message ?? 'the CA is not loaded', {
        retry: 'soon',
      });
    return this.#authority.issue(request, this.#options.clock.now());
  }

  authority(): Authority | undefined {
    return this.#authority;
  }

  onChange(callback: () => void): () => void {
    return this.#listeners.add(callback);
  }

  lastFailure(): IssuerFailure | undefined {
    return this.#failure;
  }

  /** Loads, makes, renews and follows the Secret until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    const { secrets, clock, random } = this.#options;
    const stopFollowing = secrets.subscribe((changes) => {
      if (changes.some(({ key }) => key === this.#key())) this.#wakeup.wake();
    });
    let failures = 0;
    const keep = async (): Promise<number> => {
      failures = (await this.#reconcile(signal)) ? 0 : failures + 1;
      return failures === 0 ? this.#nextCheckMs() : backOffMs(failures, backOff, random);
    };
    await this.#wakeup.repeat(keep, clock, signal);
    stopFollowing();
  }

  #nextCheckMs(): number {
    const { source, clock } = this.#options;
    if (!source.renews || this.#held === undefined) return recheckMs;
    return Math.min(Math.max(this.#held.renewAt - clock.now(), minRecheckMs), recheckMs);
  }

  async #reconcile(signal: AbortSignal): Promise<boolean> {
    try {
      const found = await this.#find(signal);
      if (found === undefined) this.#load(await this.#create(signal));
      else await this.#keep(found, signal);
      this.#failure = undefined;
      return true;
    } catch (thrown) {
      if (!signal.aborted) this.#failed(WeftError.from(thrown));
      return false;
    }
  }

  /**
   * The store may be behind, so this asks the API server before a CA is made. It also asks when the store cannot
   * sync, because the API server's answer says why.
   */
  async #find(signal: AbortSignal): Promise<SecretObject | undefined> {
    const { api, secrets, clock } = this.#options;
    const limit = { clock, ms: longestSyncMs, reason: () => new Error('not synced') };
    await withinTime(limit, (inner) => secrets.whenSynced(inner), signal).catch(() => undefined);
    signal.throwIfAborted();
    const known = secrets.objects.get(this.#key());
    if (known === undefined) return api.get<SecretObject>(this.#ref, signal);
    const held = this.#held?.secret;
    return held !== undefined && isOlder(known.metadata, held.metadata) ? held : known;
  }

  async #keep(secret: SecretObject, signal: AbortSignal): Promise<void> {
    const { source, clock } = this.#options;
    const maker = secret.metadata.annotations?.[sourceAnnotation];
    const ours = source.renews && maker !== undefined;
    if (!ours) this.#load(secret);
    else if (
      maker !== source.name ||
      !this.#loads(secret) ||
      clock.now() >= (this.#held?.renewAt ?? 0)
    )
      this.#load(await this.#replace(secret, signal));
  }

  #loads(secret: SecretObject): boolean {
    try {
      this.#load(secret);
      return true;
    } catch (thrown) {
      this.#failed(WeftError.from(thrown));
      return false;
    }
  }

  async #create(signal: AbortSignal): Promise<SecretObject> {
    const { api, source, logger } = this.#options;
    const wanted = await this.#wanted(signal);
    try {
      const created = await api.create(this.#ref.kind, wanted, signal);
      logger.info('mesh ca secret created', { ...this.#place(), by: source.name });
      return created;
    } catch (thrown) {
      return this.#winner(thrown, signal);
    }
  }

  async #replace(before: SecretObject, signal: AbortSignal): Promise<SecretObject> {
    const { api, source, logger } = this.#options;
    const { resourceVersion } = before.metadata;
    const { data } = authoritySecret(await source.make(signal), before.metadata);
    const annotations = { [sourceAnnotation]: source.name };
    const value = { metadata: { resourceVersion, annotations }, data };
    try {
      const replaced = await api.merge<SecretObject>(this.#ref, { value }, signal);
      logger.info('mesh ca renewed', { ...this.#place(), by: source.name });
      return replaced;
    } catch (thrown) {
      return this.#winner(thrown, signal);
    }
  }

  /** The Secret that another replica wrote first, if our write failed with a conflict. */
  async #winner(thrown: unknown, signal: AbortSignal): Promise<SecretObject> {
    if (WeftError.from(thrown).code !== 'api-conflict') throw thrown;
    const winner = await this.#options.api.get<SecretObject>(this.#ref, signal);
    if (winner === undefined) throw thrown;
    return winner;
  }

  async #wanted(signal: AbortSignal): Promise<SecretObject> {
    const { metadata, source } = this.#options;
    const { namespace, name } = this.#ref;
    const placed = { ...metadata, namespace, name };
    if (!source.renews && this.#held !== undefined) return putBack(this.#held.secret, placed);
    const made = await source.make(signal);
    const annotations = { ...metadata?.annotations, [sourceAnnotation]: source.name };
    return authoritySecret(made, { ...placed, annotations });
  }

  #load(secret: SecretObject): void {
    const { clock, logger, pinned } = this.#options;
    if (this.#held !== undefined && sameAuthority(this.#held.secret, secret)) {
      this.#held = { ...this.#held, secret };
      return;
    }
    const before = this.#authority;
    const pem = authorityPemOf(secret);
    const rooted = pinned === undefined ? pem : pinnedAuthority(pem, pinned);
    const authority = openAuthority(rooted, clock.now());
    this.#authority = authority;
    this.#held = { secret, renewAt: this.#renewalTime(authority) };
    const { signer } = authority;
    logger.info('mesh ca loaded', { ...this.#place(), signer });
    if (before !== undefined && !overlap(before, authority))
      logger.warn('mesh root replaced without overlap', this.#place());
    this.#listeners.notify(undefined);
  }

  #renewalTime({ notBefore, notAfter }: SigningAuthority): number {
    const { fraction, spread } = renewal;
    return notBefore + (notAfter - notBefore) * (fraction + spread * this.#options.random());
  }

  #failed(error: WeftError): void {
    const { code } = error;
    const message = `Secret ${this.#key()}: ${error.message}`;
    const isLogged = this.#failure?.message === message;
    const since = this.#failure?.since ?? this.#options.clock.now();
    this.#failure = { code, message, since };
    if (!isLogged) this.#options.logger.warn('mesh ca unusable', { code, problem: message });
  }

  #key(): string {
    return `${this.#ref.namespace}/${this.#ref.name}`;
  }

  #place(): { readonly secret: string } {
    return { secret: this.#key() };
  }
}

/** The same Secret, to create again. Keeps the annotation, if any, that names the source of its CA. */
function putBack(held: SecretObject, placed: ObjectMeta): SecretObject {
  const maker = held.metadata.annotations?.[sourceAnnotation];
  const annotations = { ...placed.annotations, ...(maker && { [sourceAnnotation]: maker }) };
  return { ...held, apiVersion: 'v1', kind: 'Secret', metadata: { ...placed, annotations } };
}

/** Whether both authorities share a root. If not, peers that know only one bundle refuse leaves of the other. */
function overlap(before: Authority, after: Authority): boolean {
  const old = new Set(before.bundle.roots.map(({ fingerprint }) => fingerprint));
  return after.bundle.roots.some(({ fingerprint }) => old.has(fingerprint));
}
