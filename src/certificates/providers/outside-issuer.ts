import type { Clock } from '../../common/clock.ts';
import { WeftError } from '../../common/errors.ts';
import type { IssuerTrouble } from '../issuer.ts';
import { isPinned, rootChanged, type PinnedRoots } from '../pinned-roots.ts';
import { certificatesIn } from '../signing-authority.ts';
import { parseCertificate, type Certificate } from '../x509/certificate.ts';
import { completeChain } from '../x509/complete-chain.ts';
import { certificateBlocks } from '../../common/pem.ts';
import type { CertificateTemplate } from '../x509/template.ts';
import type { CertificateFault, CertificateProblem } from '../x509/validate.ts';

/** What an issuer is asked to sign. */
export interface SigningWish {
  /** PEM of a PKCS #10 request that says what `template` says. */
  readonly request: string;
  /** With `ca`, a signing certificate is wished for. */
  readonly template: CertificateTemplate;
  /** Wished for; the issuer may give less. */
  readonly validityMs: number;
  /** How long before now it is to begin, where an issuer lets that be asked. */
  readonly backdateMs?: number;
}

/** What came back, as it came. */
export interface SignedAnswer {
  /** PEM: the certificate first, then others of its chain in any order. */
  readonly certificates: string;
  /** PEM of what the issuer names as root; may be empty, stale or wrong. */
  readonly roots: string;
}

/** A signer outside of Weft: cert-manager, or a PKI engine of Vault. */
export interface OutsideIssuer {
  /** For people, and on what came from it: equal for equal settings. */
  readonly name: string;
  /**
   * Rejects with a WeftError that says which call failed and what to do: issuer-unavailable (retry
   * soon), issuer-refused, issuer-misconfigured. Nothing that came is judged here.
   */
  sign(wish: SigningWish, signal: AbortSignal): Promise<SignedAnswer>;
  /** Why nothing could be signed now, where that is looked at while there is nothing to sign. */
  trouble?(): IssuerTrouble | undefined;
  /** Keeps up what signing takes, such as a token or a watch, until the signal aborts. */
  run(signal: AbortSignal): Promise<void>;
}

/** A certificate that came from outside: its chain in order up to the root, which verified. */
export interface JudgedChain {
  readonly chain: readonly Certificate[];
  /** Where it ends. */
  readonly root: Certificate;
}

/**
 * Finds the root of what an issuer gave, trusting nothing that it names as root unless that signed.
 * Throws root-changed, issuer-misconfigured for a chain without root, certificate-invalid for no PEM.
 */
export function judgeChain(
  answer: SignedAnswer,
  { name, pinned }: { readonly name: string; readonly pinned: PinnedRoots | undefined },
): JudgedChain {
  const [first, ...rest] = certificatesIn(answer.certificates, `what ${name} gave`);
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
    ? 'what it names as root did not sign that chain (an old ca.crt?)'
    : 'it names no root';
  return new WeftError(
    'issuer-misconfigured',
    `chain-without-root: ${name} gave a chain that ends below its root, and ${why}. ` +
      'Give the issuer its whole chain, the root included',
    { retry: 'soon' },
  );
}

/** Faults that follow from how the issuer is set up; the others are of this one certificate. */
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
      ? '. A signing certificate was asked for: let the issuer give one, or choose mode leaf'
      : '';
  return new WeftError(code, `${fault}: ${name}: ${message}${advice}`, { retry: 'soon' });
}

/** A clock that runs a little ahead of ours is not yet a fault. */
export const toleratedSkewMs = 60_000;

/** Waits until what came is valid by our clock, if that is soon: the issuer's clock may be ahead. */
export async function untilValid(
  { notBefore }: Certificate,
  clock: Clock,
  signal: AbortSignal,
): Promise<void> {
  const ahead = notBefore - clock.now();
  if (ahead > 0 && ahead <= toleratedSkewMs) await clock.sleep(ahead, signal);
}
