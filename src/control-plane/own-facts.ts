import type { Issuing } from '../certificates/plan/issuing.ts';
import { anyOf, ChangeSource, every } from '../common/topic.ts';
import type { RefusedHandshake } from '../xds/port/refused-handshakes.ts';
import { CertificateDoubts, RefusedClients } from './certificate-doubts.ts';
import type { ControlPlaneContext } from './context.ts';
import { encodeFacts, type ReplicaFacts } from './replica-facts.ts';
import { replicaName } from './replicas.ts';

/** A certificate may end although nothing else changes. */
const recheckMs = 60_000;

/** This replica's facts for the leader: its leaves, its certificate, and the clients that refused it. */
export class OwnFacts extends ChangeSource {
  readonly #context: ControlPlaneContext;
  readonly #issuing: Issuing;
  readonly #refused: RefusedClients;
  readonly #doubts = new CertificateDoubts();

  constructor(context: ControlPlaneContext, issuing: Issuing) {
    super(context.logger);
    this.#context = context;
    this.#issuing = issuing;
    this.#refused = new RefusedClients(context.clock);
  }

  override follow(changed: () => void): () => void {
    return anyOf({ follow: (noted) => super.follow(noted) }, every(recheckMs)).follow(changed);
  }

  /** Records a client that refused the certificate of this replica. */
  noteRefused(handshake: RefusedHandshake): void {
    this.#refused.note(handshake);
    this.notify();
  }

  encoded(): string {
    return encodeFacts(this.#facts());
  }

  #facts(): ReplicaFacts {
    const { leaves } = this.#issuing;
    const { earliestExpiry, failure } = leaves.health();
    const doubt = this.#doubt();
    return {
      replica: replicaName(this.#context.options),
      ...leaves.keys(),
      ...(earliestExpiry === undefined ? {} : { earliestExpiry }),
      ...(failure === undefined ? {} : { failure }),
      ...(doubt === undefined ? {} : { certificate: doubt }),
      refused: this.#refused.current(),
    };
  }

  #doubt(): string | undefined {
    const { server, trust } = this.#issuing;
    const identity = server.value;
    if (identity === undefined) return undefined;
    return this.#doubts.find(
      {
        certChainPem: identity.certChainPem,
        trust: trust.value?.bundle.pem ?? identity.caPem,
        failure: server.health().failure?.message,
      },
      this.#context.clock.now(),
    );
  }
}
