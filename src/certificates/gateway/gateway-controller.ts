import type { GatewayReport } from '../../api/certificate-report.ts';
import type { OwnerReference } from '../../api/core.ts';
import { rootOfSigner } from '../issuing-plan.ts';
import type { PlannedIssuers } from '../plan/planned-issuers.ts';
import {
  createServerCertificate,
  type ServerCertificate,
  type ServerIdentity,
} from '../leaves/server-certificate.ts';
import { leafValidity } from '../leaves/validity.ts';
import type { Clock } from '../../common/clock.ts';
import type { Triggered } from '../../common/component.ts';
import { WeftError } from '../../common/errors.ts';
import type { Logger } from '../../common/logger.ts';
import { ChangeSource } from '../../common/topic.ts';
import { untilAborted } from '../../common/aborted.ts';
import { Wakeup } from '../../common/wakeup.ts';
import type { Random } from '../../kubernetes/back-off.ts';
import { GatewayLedger, type GatewayFacts } from './gateway-ledger.ts';
import { type Gateway, gatewaySecret } from './gateway-secret.ts';
import { GatewayStore, type GatewayApi } from './gateway-store.ts';
import { keyKindUnder } from '../plan/issuing.ts';

/** What the MeshConfig asks of the gateway's Secret. */
export interface WantedGateway {
  /** Undefined when there should be no Secret. */
  readonly gateway: Gateway | undefined;
  /** Whether there should be no Secret because the mesh is being removed. */
  readonly ending: boolean;
}

export interface GatewayControllerDeps {
  readonly client: GatewayApi;
  /** The control plane's namespace. */
  readonly home: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly issuers: PlannedIssuers;
  /** The owner references of the Secret. */
  readonly owners: () => readonly OwnerReference[];
  /** Whether this Secret belongs to a root of the mesh. The controller does not write such a Secret. */
  readonly holdsRoot: (place: Gateway['secret']) => boolean;
  /** Undefined until a MeshConfig was read; until then, the controller writes and removes nothing. */
  readonly wish: () => WantedGateway | undefined;
  /** What an earlier leader reported. Read when this leader starts. */
  readonly before: (signal: AbortSignal) => Promise<GatewayFacts | undefined>;
}

const ofRoot =
  'spec.certificate.ingressGateway.secret names the Secret that holds a root of the mesh; name another Secret';
const resyncMs = 5_000;
const retryMs = 5_000;

/**
 * Keeps the ingress gateway's certificate in the Secret that the MeshConfig names: tls.crt, tls.key and ca.crt. Renews
 * it in time, and moves it from root to root with all other certificates. Removes a Secret that it wrote when the
 * MeshConfig no longer names it, or when the mesh ends. A Secret that cannot be removed does not block the others.
 * Leaves Secrets of other owners as they are (gateway-store.ts). Leader only.
 */
export class GatewayController extends ChangeSource implements Triggered {
  readonly name = 'gateway-controller';
  readonly leaderOnly = true;
  readonly #deps: GatewayControllerDeps;
  readonly #wakeup = new Wakeup();
  /** Resolves when a gateway is wanted for the first time in this term. */
  #firstWanted = Promise.withResolvers<undefined>();
  readonly #store: GatewayStore;
  readonly #ledger: GatewayLedger;
  /** Whether the controller knows what an earlier leader wrote. */
  #knows = false;
  /** The certificate that the Secret was written from; undefined when the Secret must be written again. */
  #held: ServerIdentity | undefined;
  #certificate: ServerCertificate | undefined;

  constructor(deps: GatewayControllerDeps) {
    super(deps.logger);
    this.#deps = deps;
    this.#store = new GatewayStore(deps);
    this.#ledger = new GatewayLedger(() => this.notify());
  }

  trigger(): void {
    this.#certificate?.review();
    this.#wakeup.wake();
  }

  /**
   * The Secret as last written, with the plan's steps that it follows; undefined until the earlier report was read.
   * Followers hear when it changes.
   */
  report(): GatewayFacts | undefined {
    return this.#knows ? this.#ledger.facts() : undefined;
  }

  async run(signal: AbortSignal): Promise<void> {
    const { issuers, clock, random, logger } = this.#deps;
    const certificate = createServerCertificate({
      issuer: issuers.workloads,
      ...{ clock, random, logger },
      subject: () => ({ kind: 'gateway', dnsNames: this.#wanted?.subjectAltNames ?? [] }),
      keyKind: () => keyKindUnder(issuers.plan?.signer),
      validity: () => leafValidity(this.#wanted?.validityDuration).validityMs,
    });
    this.#certificate = certificate;
    await this.#recall(signal);
    this.#firstWanted = Promise.withResolvers();
    const stop = certificate.follow(() => this.#wakeup.wake());
    const renewing = this.#renew(certificate, signal);
    let resyncAt = 0;
    const keep = async (): Promise<number> => {
      if (clock.now() >= resyncAt) {
        this.#held = undefined;
        resyncAt = clock.now() + resyncMs;
      }
      return (await this.#reconcile(certificate, signal)) ? resyncMs : retryMs;
    };
    await this.#wakeup.repeat(keep, clock, signal);
    stop();
    await renewing;
  }

  get #wanted(): Gateway | undefined {
    return this.#deps.wish()?.gateway;
  }

  /** Reads what an earlier leader wrote. Without that, a Secret that is no longer wanted would stay for ever. */
  async #recall(signal: AbortSignal): Promise<void> {
    this.#knows = false;
    this.#held = undefined;
    while (!signal.aborted && !(await this.#learn(signal)))
      await this.#deps.clock.sleep(retryMs, signal).catch(() => undefined);
  }

  async #learn(signal: AbortSignal): Promise<boolean> {
    const { before, logger } = this.#deps;
    let known: GatewayFacts | undefined;
    try {
      known = await before(signal);
    } catch (error) {
      if (!signal.aborted) logger.warn('previous gateway secret unknown', { error });
      return false;
    }
    this.#knows = true;
    this.#ledger.recall(known);
    return true;
  }

  /** Asks the issuer for no certificate until the MeshConfig asks for a gateway. */
  async #renew(certificate: ServerCertificate, signal: AbortSignal): Promise<void> {
    await Promise.race([this.#firstWanted.promise, untilAborted(signal)]);
    if (!signal.aborted) await certificate.run(signal);
  }

  async #reconcile(certificate: ServerCertificate, signal: AbortSignal): Promise<boolean> {
    const wish = this.#deps.wish();
    if (wish === undefined) return false;
    const { gateway: wanted, ending } = wish;
    if (wanted !== undefined) this.#firstWanted.resolve(undefined);
    this.#ledger.want(wanted);
    const isClear = await this.#clear(signal);
    this.#ledger.release(ending && isClear);
    const isKept = wanted === undefined || (await this.#keep(wanted, certificate.value, signal));
    return isClear && isKept;
  }

  /** Removes the Secrets that have to go; resolves to whether none is left. */
  async #clear(signal: AbortSignal): Promise<boolean> {
    for (const one of this.#ledger.left) await this.#remove(one, signal);
    return this.#ledger.left.length === 0;
  }

  async #remove(one: GatewayReport, signal: AbortSignal): Promise<void> {
    const { logger, clock } = this.#deps;
    const { namespace, name } = one;
    try {
      const removed = await this.#store.remove({ namespace, name }, signal);
      if (removed) logger.info('gateway secret removed', { namespace, name });
      else logger.warn('gateway secret left: it has another owner', { namespace, name });
      this.#ledger.gone(one);
    } catch (thrown) {
      if (signal.aborted) return;
      this.#ledger.stays(one, WeftError.from(thrown), clock.now());
      logger.warn('gateway secret not removed', { namespace, name, error: thrown });
    }
  }

  async #keep(
    wanted: Gateway,
    identity: ServerIdentity | undefined,
    signal: AbortSignal,
  ): Promise<boolean> {
    if (identity === undefined) return false;
    try {
      if (identity !== this.#held) await this.#write(wanted, identity, signal);
      this.#ledger.refused(undefined, 0);
      this.#note(wanted, identity);
      return true;
    } catch (thrown) {
      if (signal.aborted) return false;
      this.#ledger.refused(WeftError.from(thrown), this.#deps.clock.now());
      this.#deps.logger.warn('gateway secret not written', { ...wanted.secret, error: thrown });
      return false;
    }
  }

  async #write(wanted: Gateway, identity: ServerIdentity, signal: AbortSignal): Promise<void> {
    if (this.#deps.holdsRoot(wanted.secret)) throw new WeftError('configuration-invalid', ofRoot);
    await this.#store.write(gatewaySecret(wanted, identity, this.#deps.owners()), signal);
    this.#held = identity;
  }

  /** Records which steps of the current plan the Secret follows, when it has the plan's bundle. */
  #note({ secret }: Gateway, { signer, caPem }: ServerIdentity): void {
    const { plan } = this.#deps.issuers;
    const bundle = this.#deps.issuers.bundle();
    if (plan === undefined || bundle?.pem !== caPem) return;
    const isNewest = rootOfSigner(signer) === plan.signer.name;
    const { namespace, name } = secret;
    const signerStep = isNewest ? plan.signerStep : plan.signerStep - 1;
    this.#ledger.wrote({ namespace, name, trustedStep: plan.trustedStep, signerStep });
  }
}
