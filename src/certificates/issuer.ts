import type { IdentityKey } from '../policy/identity.ts';
import type { Secret } from '../common/secret.ts';
import type { TrustBundle } from './trust-bundle.ts';
import type { KeyKind } from '../x509/key-pair.ts';

/** The subject of a leaf: a workload of the mesh, the control plane, or a gateway outside the mesh. */
export type LeafSubject =
  | {
      readonly kind: 'workload';
      readonly trustDomain: string;
      readonly account: IdentityKey;
    }
  | {
      readonly kind: 'server';
      readonly trustDomain: string;
      /** Of the control plane. */
      readonly namespace: string;
      readonly dnsNames: readonly string[];
    }
  | { readonly kind: 'gateway'; readonly dnsNames: readonly string[] };

export interface LeafRequest {
  readonly subject: LeafSubject;
  /** Requested; the leaf ends earlier when a certificate above it does. */
  readonly validityMs: number;
  readonly keyKind: KeyKind;
}

/** A certificate with its key, ready for TLS. */
export interface Leaf {
  /** PEM: the leaf first, then each one's issuer, without the root. */
  readonly certificateChain: string;
  /** PKCS#8 PEM. */
  readonly privateKey: Secret<string>;
  /** Milliseconds since the epoch. */
  readonly notBefore: number;
  readonly notAfter: number;
  /** The signer, as in Authority. */
  readonly signer: string;
}

/** An issuer's signer and roots at one moment. */
export interface Authority {
  /** The roots that peers have to trust: always those of every leaf issued under this authority. */
  readonly bundle: TrustBundle;
  /**
   * SHA-256 of the certificate that signs new leaves; where an outside issuer signs each leaf, of the root above it.
   * A leaf of another signer has to be replaced.
   */
  readonly signer: string;
  /** When the certificate that signs, or one above it, ends; milliseconds since the epoch. */
  readonly notAfter: number;
  /** When the first of the certificates above it ends, or the root's own end. Default: as notAfter. */
  readonly aboveNotAfter?: number;
}

/** Why an issuer cannot sign, for the status and for messages. */
export interface IssuerFailure {
  readonly code: string;
  readonly message: string;
  /** Milliseconds since the epoch. */
  readonly since: number;
}

/**
 * The source of certificates: every provider implements this interface (test/contract/issuer.test.ts
 * checks its contract).
 */
export interface Issuer {
  /**
   * A new key and its certificate. Rejects with a WeftError: issuer-unavailable (retry soon), configuration-invalid
   * (this subject cannot have a leaf), certificate-invalid (the issuer's answer was not usable), issuer-refused,
   * issuer-misconfigured, root-changed (until a user changes something).
   */
  issue(request: LeafRequest, signal: AbortSignal): Promise<Leaf>;
  /** Undefined until the issuer was reached for the first time; then the last authority that it showed. */
  authority(): Authority | undefined;
  /** Calls back after each change of the authority. Returns a function that stops this. */
  onChange(callback: () => void): () => void;
  /** The failure that prevents signing now; undefined while there is none. The last authority may still serve. */
  lastFailure(): IssuerFailure | undefined;
}

/** An issuer that must run: it finds its authority while it runs, and issues only after that. */
export interface RunningIssuer extends Issuer {
  /** Finds the authority and keeps it up until the signal aborts, whatever happens. */
  run(signal: AbortSignal): Promise<void>;
}

/** Whether two subjects need the same names in a certificate. */
export function sameSubject(left: LeafSubject, right: LeafSubject): boolean {
  // Called at each check of each workload's leaf, so this builds no strings.
  if (left.kind === 'workload')
    return (
      right.kind === 'workload' &&
      left.account === right.account &&
      left.trustDomain === right.trustDomain
    );
  return namesOf(left).join(' ') === namesOf(right).join(' ');
}

/** All parts of a subject, always in the same order. No part contains a space. */
export function namesOf(subject: LeafSubject): readonly string[] {
  const { kind } = subject;
  if (kind === 'workload') return [kind, subject.trustDomain, subject.account];
  if (kind === 'gateway') return [kind, ...subject.dnsNames];
  return [kind, subject.trustDomain, subject.namespace, ...subject.dnsNames];
}
