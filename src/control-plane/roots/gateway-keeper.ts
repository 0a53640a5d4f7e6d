import type { SecretObject } from '../../api/core.ts';
import { madeByControlPlane } from '../../api/control-plane-names.ts';
import type { MeshConfig } from '../../api/gen/mesh-config.ts';
import { kinds } from '../../api/kinds.ts';
import type { GatewayReport } from '../../api/certificate-report.ts';
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
import type { Logger } from '../../common/logger.ts';
import { Wakeup } from '../../common/wakeup.ts';
import type { ApiClient, ObjectRef } from '../../kubernetes/api-client.ts';
import type { Random } from '../../kubernetes/back-off.ts';
import { fieldManager } from '../status-writer.ts';
import { keyKindUnder } from './issuing.ts';

type Gateway = NonNullable<NonNullable<MeshConfig['spec']['certificate']>['ingressGateway']>;

export interface GatewayKeeperDeps {
  readonly client: Pick<ApiClient, 'apply' | 'remove'>;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly issuers: PlannedIssuers;
  /** What the MeshConfig asks for; undefined: no gateway. */
  readonly wanted: () => Gateway | undefined;
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
 * ca.crt, renewed in time and moved from root to root with everything else. A Secret that is not wanted
 * any more, or not there, is removed. Leader only.
 */
export class GatewayKeeper implements Component {
  readonly name = 'gateway-keeper';
  readonly leaderOnly = true;
  readonly #deps: GatewayKeeperDeps;
  readonly #wakeup = new Wakeup();
  #written: GatewayReport | undefined;
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

  /** The Secret as last written, with the steps of the plan that it follows. */
  report(): GatewayReport | undefined {
    return this.#written;
  }

  async run(signal: AbortSignal): Promise<void> {
    const { issuers, clock, random, logger, wanted, before } = this.#deps;
    const certificate = createServerCertificate({
      issuer: issuers.workloads,
      ...{ clock, random, logger },
      kind: 'gateway',
      dnsNames: () => wanted()?.subjectAltNames ?? [],
      keyKind: () => keyKindUnder(issuers.plan?.signer),
      validity: () => leafValidity(wanted()?.validityDuration).validityMs,
    });
    this.#certificate = certificate;
    this.#written = await before(signal).catch(() => undefined);
    this.#held = undefined;
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

  /** Nobody is asked for a certificate before a gateway is. */
  async #renew(certificate: ServerCertificate, signal: AbortSignal): Promise<void> {
    while (!signal.aborted && this.#deps.wanted() === undefined)
      await this.#deps.clock.sleep(pollMs, signal).catch(() => undefined);
    if (!signal.aborted) await certificate.run(signal);
  }

  async #settle(certificate: ServerCertificate, signal: AbortSignal): Promise<boolean> {
    const wanted = this.#deps.wanted();
    try {
      if (!isAt(wanted, this.#written)) await this.#remove(signal);
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
    await this.#deps.client.remove(ref, {}, signal);
    this.#deps.logger.info('gateway secret removed', { namespace, name });
    this.#written = undefined;
    this.#held = undefined;
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

function gatewaySecret({ secret }: Gateway, identity: ServerIdentity): SecretObject {
  const encode = (text: string): string => Buffer.from(text, 'utf8').toString('base64');
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: {
      name: secret.name,
      namespace: secret.namespace,
      labels: { [madeByControlPlane.label]: madeByControlPlane.value },
    },
    type: 'kubernetes.io/tls',
    data: {
      'tls.crt': encode(identity.certChainPem),
      'tls.key': encode(identity.keyPem.reveal()),
      'ca.crt': encode(identity.caPem),
    },
  };
}
