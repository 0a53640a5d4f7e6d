import { X509Certificate } from 'node:crypto';
import { certificateBlocks } from '../common/pem.ts';
import type { RefusedHandshake } from '../xds/port/refused-handshakes.ts';
import type { Clock } from '../common/clock.ts';

/** How long a refusal is reported after it last occurred, in ms: proxies try again at least every 30 s. */
const toldMs = 60_000;
const room = 1_000;

/** Remembers, for a while, which clients refused the certificate of this replica. */
export class RefusedClients {
  readonly #clock: Clock;
  readonly #byAddress = new Map<string, { readonly alert: string; readonly at: number }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  note({ address, alert }: RefusedHandshake): void {
    const plain = address.replace(/^::ffff:/, '');
    this.#byAddress.delete(plain);
    const [oldest] = this.#byAddress.keys();
    if (this.#byAddress.size >= room && oldest !== undefined) this.#byAddress.delete(oldest);
    this.#byAddress.set(plain, { alert, at: this.#clock.now() });
  }

  /** Address and alert of each, sorted by address. */
  current(): readonly (readonly [string, string])[] {
    const now = this.#clock.now();
    for (const [address, { at }] of this.#byAddress)
      if (now - at > toldMs) this.#byAddress.delete(address);
    return [...this.#byAddress]
      .map(([address, { alert }]) => [address, alert] as const)
      .sort(([a], [b]) => (a < b ? -1 : 1));
  }
}

/** A server's certificate as its clients see it. */
export interface ShownCertificate {
  readonly certChainPem: string;
  /** The roots that proxies trust, PEM. */
  readonly trust: string;
  /** Why it is not renewed, if it is not. */
  readonly failure: string | undefined;
}

type Texts = Pick<ShownCertificate, 'certChainPem' | 'trust'>;

/** The content of a certificate's PEM texts, independent of the time. */
type Reading =
  | { readonly from: Date; readonly to: Date; readonly isTrusted: boolean }
  | { readonly flaw: string };

/** Finds the problem of a certificate. Caches the last result, so that a call at each change is cheap. */
export class CertificateDoubts {
  #last: (Texts & { readonly reading: Reading }) | undefined;

  /** The problem, as a sentence without a subject; undefined if there is none. Never throws. */
  find({ certChainPem, trust, failure }: ShownCertificate, now: number): string | undefined {
    if (this.#last?.certChainPem !== certChainPem || this.#last.trust !== trust)
      this.#last = { certChainPem, trust, reading: readingOf({ certChainPem, trust }) };
    const { reading } = this.#last;
    if ('flaw' in reading) return reading.flaw;
    const { from, to, isTrusted } = reading;
    const why = failure === undefined ? '' : ` and is not renewed: ${failure}`;
    if (to.getTime() <= now) return `ended at ${to.toISOString()}${why}`;
    if (from.getTime() > now) return `begins only at ${from.toISOString()}`;
    return isTrusted
      ? undefined
      : 'is not signed by a root that the bootstrap of the sidecars holds';
  }
}

function readingOf({ certChainPem, trust }: Texts): Reading {
  try {
    const chain = parse(certChainPem);
    const [leaf, top] = [chain[0], chain.at(-1)];
    if (leaf === undefined || top === undefined) return { flaw: 'holds no certificate' };
    const isTrusted = parse(trust).some((root) => isIssuedBy(top, root));
    return { from: leaf.validFromDate, to: leaf.validToDate, isTrusted };
  } catch {
    return { flaw: 'cannot be read' };
  }
}

function parse(pem: string): readonly X509Certificate[] {
  return certificateBlocks(pem).map((der) => new X509Certificate(der));
}

function isIssuedBy(certificate: X509Certificate, root: X509Certificate): boolean {
  return (
    certificate.fingerprint256 === root.fingerprint256 ||
    (certificate.checkIssued(root) && certificate.verify(root.publicKey))
  );
}
