import type {
  CertificateReport,
  GatewayReport,
  FailureReport,
} from '../../api/certificate-report.ts';
import { deepEqual } from '../../common/equal.ts';
import type { WeftError } from '../../common/errors.ts';
import type { Gateway } from './gateway-secret.ts';

/** What the leader reports about the ingress gateways' Secrets. */
export type GatewayFacts = Pick<
  CertificateReport,
  'gateway' | 'gatewaysLeft' | 'gatewayTrouble' | 'released'
>;

/**
 * Each edit of the name can leave a Secret behind. Of more than 20 that cannot be removed, the oldest are forgotten.
 */
const maxLeft = 20;

/** Which Secret the leader wrote and keeps, and which Secrets it still has to remove. The next leader reads this. */
export class GatewayLedger {
  #written: GatewayReport | undefined;
  readonly #left = new Map<string, GatewayReport>();
  #failure: FailureReport | undefined;
  #released = false;
  readonly #onChange: () => void;

  constructor(onChange: () => void) {
    this.#onChange = onChange;
  }

  /** Starts over from what an earlier leader reported. */
  recall({ gateway, gatewaysLeft = [] }: GatewayFacts = {}): void {
    this.#written = gateway;
    this.#left.clear();
    for (const one of gatewaysLeft) this.#left.set(keyOf(one), one);
    this.#failure = undefined;
    this.#released = false;
    this.#onChange();
  }

  facts(): GatewayFacts {
    const left = [...this.#left.values()];
    return {
      ...(this.#written && { gateway: this.#written }),
      ...(left.length > 0 && { gatewaysLeft: left }),
      ...(this.#failure && { gatewayTrouble: this.#failure }),
      ...(this.#released && { released: true }),
    };
  }

  /** The Secrets that the leader must still remove. */
  get left(): readonly GatewayReport[] {
    return [...this.#left.values()];
  }

  /** Sets the wanted Secret, or none. A Secret that was written under another name has to be removed. */
  want(wanted: Gateway | undefined): void {
    const written = this.#written;
    const key = wanted && keyOf(wanted.secret);
    if (key === undefined) this.refused(undefined, 0);
    if (written !== undefined && keyOf(written) !== key) {
      this.#written = undefined;
      this.#failure = undefined;
      this.#left.set(keyOf(written), written);
      for (const oldest of [...this.#left.keys()].slice(0, -maxLeft)) this.#left.delete(oldest);
      this.#onChange();
    }
    if (key !== undefined && this.#left.delete(key)) this.#onChange();
  }

  gone(one: GatewayReport): void {
    if (this.#left.delete(keyOf(one))) this.#onChange();
  }

  stays(one: GatewayReport, { code, message }: WeftError, now: number): void {
    const trouble = { code, message, since: one.trouble?.since ?? now };
    if (deepEqual(trouble, one.trouble)) return;
    this.#left.set(keyOf(one), { ...one, trouble });
    this.#onChange();
  }

  /** Notes why the wanted Secret cannot be written; undefined once it can. */
  refused(error: WeftError | undefined, now: number): void {
    const since = this.#failure?.since ?? now;
    const next = error && { code: error.code, message: error.message, since };
    if (deepEqual(next, this.#failure)) return;
    this.#failure = next;
    this.#onChange();
  }

  wrote(written: GatewayReport): void {
    if (deepEqual(written, this.#written)) return;
    this.#written = written;
    this.#onChange();
  }

  /** Notes whether the removal of the mesh no longer has to wait for these Secrets. */
  release(isReleased: boolean): void {
    if (isReleased === this.#released) return;
    this.#released = isReleased;
    this.#onChange();
  }
}

function keyOf({ namespace, name }: Gateway['secret']): string {
  return `${namespace}/${name}`;
}
