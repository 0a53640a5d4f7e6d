import { kinds } from '../../api/kinds.ts';
import type { CertificateReport, GatewayReport } from '../../api/certificate-report.ts';
import { rootOfSigner } from '../../certificates/issuing-plan.ts';
import type { PlannedIssuers } from '../../certificates/planned-issuers.ts';
import {
  createServerCertificate,
  type ServerCertificate,
  type ServerIdentity,
} from '../../certificates/server-certificate.ts';
import { leafValidity } from '../../certificates/validity.ts';
import type { Clock } from '../../common/clock.ts';
import type { Component } from '../../common/component.ts';
import { deepEqual } from '../../common/equal.ts';
import { WeftError } from '../../common/errors.ts';
import type { Logger } from '../../common/logger.ts';
import { Wakeup } from '../../common/wakeup.ts';
import type { ApiClient, ObjectRef } from '../../kubernetes/api-client.ts';
import type { Random } from '../../kubernetes/back-off.ts';
import { fieldManager } from '../status-writer.ts';
import { type Gateway, gatewaySecret } from './gateway-secret.ts';
import { keyKindUnder } from './issuing.ts';

/** What the MeshConfig wants of the Secret. */
export interface GatewayWish {
  /** Undefined: no Secret is to be there. */
  readonly gateway: Gateway | undefined;
  /** The mesh ends, which is why there is to be none. */
  readonly ending: boolean;
}

/** What the leader reports of the Secret. */
export type GatewayFacts = Pick<CertificateReport, 'gateway' | 'released'>;

export interface GatewayKeeperDeps {
  readonly client: Pick<ApiClient, 'apply' | 'remove'>;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly issuers: PlannedIssuers;
  /** Undefined before a MeshConfig was read: then nothing is written, and nothing removed. */
  readonly wish: () => GatewayWish | undefined;
  /** What an earlier leader reported, read once when this one begins. */
  readonly before: (signal: AbortSignal) => Promise<GatewayReport | undefined>;
  /** Called when the report became another one. */
  readonly onReport: () => void;
}

const resyncMs = 5_000;
const retryMs = 5_000;
const pollMs = 500;

/**
 * Keeps the ingress gateway's certificate in the Secret that the MeshConfig names: tls.crt, tls.key and
 * ca.crt, renewed in time and moved from root to root with everything else. One that it wrote is removed
 * when it is not wanted any more, or not there, or when the mesh ends. Leader only.
 */
export class GatewayKeeper implements Component {
  readonly name = 'gateway-keeper';
  readonly leaderOnly = true;
  readonly #deps: GatewayKeeperDeps;
  readonly #wakeup = new Wakeup();
  #written: GatewayReport | undefined;
  /** Whether it is known what an earlier leader wrote. */
  #knows = false;
  #released = false;
  /** What the Secret was written from; undefined: it is to be written again. */
  #held: ServerIdentity | undefined;
  #certificate: ServerCertificate | undefined;

  constructor(deps: GatewayKeeperDeps) {
    this.#deps = deps;
  }

  trigger(): void {
    this.#certificate?.review();
    this.#wakeup.wake();
  }

  /** The Secret as last written, with the steps of the plan that it follows; undefined until that is known. */
  report(): GatewayFacts | undefined {
    if (!this.#knows) return undefined;
    return {
      ...(this.#written && { gateway: this.#written }),
      ...(this.#released && { released: true }),
    };
  }

  async run(signal: AbortSignal): Promise<void> {
    const { issuers, clock, random, logger } = this.#deps;
    const certificate = createServerCertificate({
      issuer: issuers.workloads,
      ...{ clock, random, logger },
      kind: 'gateway',
      dnsNames: () => this.#wanted?.subjectAltNames ?? [],
      keyKind: () => keyKindUnder(issuers.plan?.signer),
      validity: () => leafValidity(this.#wanted?.validityDuration).validityMs,
    });
    this.#certificate = certificate;
    await this.#recall(signal);
    const stop = certificate.onChange(() => this.#wakeup.wake());
    const renewing = this.#renew(certificate, signal);
    let resyncAt = 0;
    while (!signal.aborted) {
      if (clock.now() >= resyncAt) {
        this.#held = undefined;
        resyncAt = clock.now() + resyncMs;
      }
      const done = await this.#settle(certificate, signal);
      await this.#wakeup.wait(done ? resyncMs : retryMs, clock, signal);
    }
    stop();
    await renewing;
  }

  get #wanted(): Gateway | undefined {
    return this.#deps.wish()?.gateway;
  }

  /** Finds out what an earlier leader wrote: forgotten, that Secret would stay for ever. */
  async #recall(signal: AbortSignal): Promise<void> {
    this.#knows = false;
    this.#released = false;
    this.#held = undefined;
    while (!signal.aborted && !(await this.#learn(signal)))
      await this.#deps.clock.sleep(retryMs, signal).catch(() => undefined);
  }

  async #learn(signal: AbortSignal): Promise<boolean> {
    const { before, logger, onReport } = this.#deps;
    try {
      this.#written = await before(signal);
    } catch (error) {
      if (!signal.aborted) logger.warn('gateway secret of before not known', { error });
      return false;
    }
    this.#knows = true;
    onReport();
    return true;
  }

  /** Nobody is asked for a certificate before a gateway is. */
  async #renew(certificate: ServerCertificate, signal: AbortSignal): Promise<void> {
    while (!signal.aborted && this.#wanted === undefined)
      await this.#deps.clock.sleep(pollMs, signal).catch(() => undefined);
    if (!signal.aborted) await certificate.run(signal);
  }

  async #settle(certificate: ServerCertificate, signal: AbortSignal): Promise<boolean> {
    const wish = this.#deps.wish();
    if (wish === undefined) return false;
    const { gateway: wanted, ending } = wish;
    try {
      if (!isAt(wanted, this.#written)) await this.#remove(signal);
      this.#release(ending);
      if (wanted === undefined) return true;
      const identity = certificate.current();
      if (identity === undefined) return false;
      if (identity !== this.#held) await this.#write(wanted, identity, signal);
      this.#note(wanted, identity);
      return true;
    } catch (error) {
      if (!signal.aborted)
        this.#deps.logger.warn('gateway secret not kept', { ...wanted?.secret, error });
      return false;
    }
  }

  async #remove(signal: AbortSignal): Promise<void> {
    if (this.#written === undefined) return;
    const { namespace, name } = this.#written;
    const ref: ObjectRef = { kind: kinds.secret, namespace, name };
    try {
      await this.#deps.client.remove(ref, {}, signal);
    } catch (thrown) {
      if (!signal.aborted) this.#failed(this.#written, WeftError.from(thrown));
      throw thrown;
    }
    this.#deps.logger.info('gateway secret removed', { namespace, name });
    this.#written = undefined;
    this.#held = undefined;
    this.#deps.onReport();
  }

  #failed(written: GatewayReport, { code, message }: WeftError): void {
    const since = written.trouble?.since ?? this.#deps.clock.now();
    this.#written = { ...written, trouble: { code, message, since } };
    this.#deps.onReport();
  }

  /** Says that the mesh's end has nothing to wait for here; called when no Secret is left. */
  #release(ending: boolean): void {
    if (ending === this.#released) return;
    this.#released = ending;
    this.#deps.onReport();
  }

  async #write(wanted: Gateway, identity: ServerIdentity, signal: AbortSignal): Promise<void> {
    const secret = gatewaySecret(wanted, identity);
    await this.#deps.client.apply(kinds.secret, secret, { fieldManager, force: true }, signal);
    this.#held = identity;
  }

  /** The steps that the Secret is known to follow: those of the plan that it was compared with. */
  #note({ secret }: Gateway, { signer, caPem }: ServerIdentity): void {
    const { plan } = this.#deps.issuers;
    const bundle = this.#deps.issuers.bundle();
    if (plan === undefined || bundle?.pem !== caPem) return;
    const isNewest = rootOfSigner(signer) === plan.signer.name;
    const { namespace, name } = secret;
    const signerStep = isNewest ? plan.signerStep : plan.signerStep - 1;
    const next = { namespace, name, trustedStep: plan.trustedStep, signerStep };
    if (deepEqual(next, this.#written)) return;
    this.#written = next;
    this.#deps.onReport();
  }
}

function isAt(wanted: Gateway | undefined, written: GatewayReport | undefined): boolean {
  if (written === undefined) return true;
  return wanted?.secret.namespace === written.namespace && wanted.secret.name === written.name;
}
