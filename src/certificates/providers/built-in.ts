import { randomBytes } from 'node:crypto';
import { caSecret } from '../../api/control-plane-names.ts';
import { kinds } from '../../api/kinds.ts';
import type { ObjectMeta, SecretObject } from '../../api/core.ts';
import type { Clock } from '../../common/clock.ts';
import { WeftError } from '../../common/errors.ts';
import type { Logger } from '../../common/logger.ts';
import type { ApiClient, ObjectRef } from '../../kubernetes/api-client.ts';
import { backOffMs, type Random } from '../../kubernetes/back-off.ts';
import type { ObjectStore } from '../../kubernetes/store.ts';
import type { Authority, Issuer, IssuerTrouble, Leaf, LeafRequest } from '../issuer.ts';
import { Listeners } from '../listeners.ts';
import { newRoot, openAuthority, type SigningAuthority } from '../signing-authority.ts';
import { Wakeup } from '../../common/wakeup.ts';
import { authorityPemOf, authoritySecret, sameAuthority } from './authority-secret.ts';

export interface BuiltInOptions {
  readonly api: Pick<ApiClient, 'get' | 'create'>;
  /** The Secrets of the namespace, or just this one. */
  readonly secrets: ObjectStore<SecretObject>;
  /** Where the Secret is: the control plane's own namespace. */
  readonly namespace: string;
  /** Default `weft-ca`. */
  readonly secretName?: string;
  /** Put on the Secret when it is created. */
  readonly metadata?: Pick<ObjectMeta, 'labels' | 'annotations' | 'ownerReferences'>;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

const rootValidityMs = 10 * 365 * 24 * 3_600_000;
const backOff = { baseMs: 500, maxMs: 30_000 };
const lookAgainMs = 60_000;

/**
 * Signs with a CA kept in a Secret. If there is none, it makes a root and creates the Secret; of
 * several replicas that do so one wins, and the others load what it made. A Secret that is there
 * already is the mesh's own CA. A change of the Secret is followed; one that cannot be used is
 * reported, and the last good CA goes on. If the Secret is deleted while this runs, it is put back.
 */
export class BuiltInIssuer implements Issuer {
  readonly #options: BuiltInOptions;
  readonly #ref: ObjectRef & { readonly namespace: string };
  readonly #listeners: Listeners<undefined>;
  readonly #wakeup = new Wakeup();
  #authority: SigningAuthority | undefined;
  /** What the authority was made from. */
  #held: SecretObject | undefined;
  #trouble: IssuerTrouble | undefined;

  constructor(options: BuiltInOptions) {
    const { namespace, secretName: name = caSecret } = options;
    this.#options = options;
    this.#listeners = new Listeners(options.logger);
    this.#ref = { kind: kinds.secret, namespace, name };
  }

  async issue(request: LeafRequest, signal: AbortSignal): Promise<Leaf> {
    signal.throwIfAborted();
    if (this.#authority === undefined)
      throw new WeftError('issuer-unavailable', this.#trouble?.message ?? 'the CA is not loaded', {
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

  trouble(): IssuerTrouble | undefined {
    return this.#trouble;
  }

  /** Loads, makes and follows the Secret until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    const { secrets, clock, random } = this.#options;
    const stopFollowing = secrets.subscribe((changes) => {
      if (changes.some(({ key }) => key === this.#key())) this.#wakeup.wake();
    });
    let failures = 0;
    while (!signal.aborted) {
      failures = (await this.#settle(signal)) ? 0 : failures + 1;
      const wait = failures === 0 ? lookAgainMs : backOffMs(failures, backOff, random);
      await this.#wakeup.wait(wait, clock, signal);
    }
    stopFollowing();
  }

  async #settle(signal: AbortSignal): Promise<boolean> {
    try {
      await this.#options.secrets.whenSynced(signal);
      const known = this.#options.secrets.objects.get(this.#key());
      this.#load(known ?? (await this.#getOrCreate(signal)));
      this.#trouble = undefined;
      return true;
    } catch (thrown) {
      if (!signal.aborted) this.#failed(WeftError.from(thrown));
      return false;
    }
  }

  /** The store may be behind, so the API server itself is asked before anything is made. */
  async #getOrCreate(signal: AbortSignal): Promise<SecretObject> {
    const { api } = this.#options;
    const found = await api.get<SecretObject>(this.#ref, signal);
    if (found !== undefined) return found;
    const wanted = await this.#wanted();
    try {
      const created = await api.create(this.#ref.kind, wanted, signal);
      this.#options.logger.info('mesh root secret created', this.#place());
      return created;
    } catch (thrown) {
      if (WeftError.from(thrown).code !== 'api-conflict') throw thrown;
      const winner = await api.get<SecretObject>(this.#ref, signal);
      if (winner !== undefined) return winner;
      throw thrown;
    }
  }

  async #wanted(): Promise<SecretObject> {
    const { metadata, clock } = this.#options;
    const { namespace, name } = this.#ref;
    const placed = { ...metadata, namespace, name };
    if (this.#held !== undefined)
      return { ...this.#held, apiVersion: 'v1', kind: 'Secret', metadata: placed };
    const commonName = `weft-ca-${randomBytes(4).toString('hex')}`;
    const root = await newRoot(commonName, { now: clock.now(), validityMs: rootValidityMs });
    return authoritySecret(root, placed);
  }

  #load(secret: SecretObject): void {
    if (this.#held !== undefined && sameAuthority(this.#held, secret)) return;
    const before = this.#authority;
    const authority = openAuthority(authorityPemOf(secret), this.#options.clock.now());
    this.#authority = authority;
    this.#held = secret;
    const { signer } = authority;
    this.#options.logger.info('mesh root loaded', { ...this.#place(), signer });
    if (before !== undefined && !overlap(before, authority))
      this.#options.logger.warn('mesh root replaced without overlap', this.#place());
    this.#listeners.tell(undefined);
  }

  #failed(error: WeftError): void {
    const { code } = error;
    const message = `Secret ${this.#key()}: ${error.message}`;
    const told = this.#trouble?.message === message;
    const since = this.#trouble?.since ?? this.#options.clock.now();
    this.#trouble = { code, message, since };
    if (!told) this.#options.logger.warn('mesh root unusable', { code, problem: message });
  }

  #key(): string {
    return `${this.#ref.namespace}/${this.#ref.name}`;
  }

  #place(): { readonly secret: string } {
    return { secret: this.#key() };
  }
}

/** Whether peers that only know the old roots accept leaves of the new authority, or the other way round. */
function overlap(before: Authority, after: Authority): boolean {
  const old = new Set(before.bundle.roots.map(({ fingerprint }) => fingerprint));
  return after.bundle.roots.some(({ fingerprint }) => old.has(fingerprint));
}
