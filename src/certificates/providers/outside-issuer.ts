import type { Clock } from '../../common/clock.ts';
import { WeftError } from '../../common/errors.ts';
import type { IssuerFailure } from '../issuer.ts';
import { isPinned, rootChanged, type PinnedRoots } from '../pinned-roots.ts';
import { certificatesIn } from '../signing-authority.ts';
import { parseCertificate, type Certificate } from '../../x509/certificate.ts';
import { completeChain } from '../../x509/complete-chain.ts';
import { certificateBlocks } from '../../common/pem.ts';
import type { CertificateTemplate } from '../../x509/template.ts';
import type { CertificateFault, CertificateProblem } from '../../x509/validate.ts';

/** A request to an issuer. */
export interface SigningRequest {
  /** PEM of a PKCS #10 request with the content of `template`. */
  readonly request: string;
  /** With `ca`, the request is for a signing certificate. */
  readonly template: CertificateTemplate;
  /** Requested; the issuer may grant less. */
  readonly validityMs: number;
  /** How long before now the certificate should begin. Only some issuers let a request say this. */
  readonly backdateMs?: number;
}

/** The issuer's answer, not yet checked. */
export interface SignedAnswer {
  /** PEM: the certificate first, then others of its chain in any order. */
  readonly certificates: string;
  /** PEM of the root that the issuer names; may be empty, stale or wrong. */
  readonly roots: string;
}

/** A signer outside of Weft: cert-manager, or a PKI engine of Vault. */
export interface OutsideIssuer {
  /** Shown to users, and recorded with each certificate of the issuer. Equal settings give equal names. */
  readonly name: string;
  /**
   * Rejects with a WeftError that says which call failed and what to do: issuer-unavailable (retry soon),
   * issuer-refused, issuer-misconfigured. Does not check the answer.
   */
  sign(wish: SigningRequest, signal: AbortSignal): Promise<SignedAnswer>;
  /** Why signing would fail now. Only issuers that check this between requests have it. */
  lastFailure?(): IssuerFailure | undefined;
  /** Maintains what signing needs, such as a token or a watch, until the signal aborts. */
  run(signal: AbortSignal): Promise<void>;
}

/** A certificate from an outside issuer: its chain in order up to the root, with all signatures verified. */
export interface RootedChain {
  readonly chain: readonly Certificate[];
  /** The root that the chain ends in. */
  readonly root: Certificate;
}

/**
 * Finds the root of the chain that an issuer gave (docs/decisions/0054). A certificate that the issuer names as root
 * counts only if it signed the chain. Throws root-changed, issuer-misconfigured for a chain without a root,
 * certificate-invalid for text that is not PEM.
 */
export function completeToRoot(
  answer: SignedAnswer,
  { name, pinned }: { readonly name: string; readonly pinned: PinnedRoots | undefined },
): RootedChain {
  const [first, ...rest] = certificatesIn(answer.certificates, `the answer of ${name}`);
  const named = certificateBlocks(answer.roots)
    .map(parseCertificate)
    .filter((one) => one !== undefined);
  const others = [...(pinned?.certificates ?? []), ...rest, ...named];
  const wanted = (root: Certificate): boolean => pinned === undefined || isPinned(pinned, root);
  const { chain, root } = completeChain(first as Certificate, others, wanted);
  if (pinned !== undefined && (root === undefined || !wanted(root)))
    throw rootChanged(pinned, root ?? chain.at(-1));
  if (root === undefined) throw withoutRoot(name, named.length > 0);
  return { chain: chain.length === 0 ? [root] : chain, root };
}

function withoutRoot(name: string, namesOne: boolean): WeftError {
  const why = namesOne
    ? 'the root in its answer did not sign that chain (is its ca.crt out of date?)'
    : 'its answer names no root';
  return new WeftError(
    'issuer-misconfigured',
    `chain-without-root: ${name} returned a chain that does not end in a root, and ${why}. ` +
      'Configure the issuer with its whole chain, including the root',
    { retry: 'soon' },
  );
}

/** Faults that come from the issuer's settings. All other faults concern one certificate. */
const faultsOfSettings: ReadonlySet<CertificateFault> = new Set([
  'critical-extension-unknown',
  'key-not-accepted',
  'names-wrong',
  'not-a-ca',
  'path-too-long',
  'signature-not-accepted',
  'unexpected-ca',
  'usage-missing',
]);

/** The error for a certificate from outside that peers would refuse. */
export function refusedAnswer(name: string, { fault, message }: CertificateProblem): WeftError {
  const code = faultsOfSettings.has(fault) ? 'issuer-misconfigured' : 'certificate-invalid';
  const advice =
    fault === 'not-a-ca'
      ? '. Weft requested a signing certificate: configure the issuer to issue CA certificates, or choose mode leaf'
      : '';
  return new WeftError(code, `${fault}: ${name}: ${message}${advice}`, { retry: 'soon' });
}

/** The issuer's clock may run this far ahead of ours without a fault. */
export const toleratedSkewMs = 60_000;

/** Waits until the certificate is valid by our clock, if that takes 60 s at most: the issuer's clock may be ahead. */
export async function untilValid(
  { notBefore }: Certificate,
  clock: Clock,
  signal: AbortSignal,
): Promise<void> {
  const ahead = notBefore - clock.now();
  if (ahead > 0 && ahead <= toleratedSkewMs) await clock.sleep(ahead, signal);
}
