import { createPrivateKey, type KeyObject } from 'node:crypto';
import { WeftError } from '../common/errors.ts';
import { Secret } from '../common/secret.ts';
import type { Authority, Leaf, LeafRequest, LeafSubject } from './issuer.ts';
import { trustBundleOf } from './trust-bundle.ts';
import { parseCertificate, type Certificate } from '../x509/certificate.ts';
import { completeChain } from '../x509/complete-chain.ts';
import { generateKeyPair, privateKeyPem, type KeyKind } from '../x509/key-pair.ts';
import { certificateBlocks, pemOf } from '../common/pem.ts';
import { selfSign, signCertificateAsync, type Signer } from '../x509/sign.ts';
import {
  controlPlaneTemplate,
  gatewayTemplate,
  rootTemplate,
  workloadTemplate,
  type CertificateTemplate,
  type Period,
} from '../x509/template.ts';
import { problemOfAuthority, type KeyedChain } from '../x509/validate.ts';

/** A CA as text: what a Secret holds. */
export interface AuthorityPem {
  /** The certificate that signs, then each one's issuer; the root may be left out or be the only one. */
  readonly chain: string;
  readonly privateKey: Secret<string>;
  /** The trusted roots; empty: the last certificate of the chain is the root. */
  readonly roots: string;
}

/** Leaves begin a little in the past, for peers whose clocks are behind (docs/decisions/0099). */
const leafBackdateMs = 5 * 60_000;
const rootBackdateMs = 60 * 60_000;
const shortestRestMs = 60_000;

/** A CA whose key this process holds: it signs leaves without a network call. */
export interface SigningAuthority extends Authority {
  /** When the validity of the signing certificate begins; milliseconds since the epoch. */
  readonly notBefore: number;
  /** Throws configuration-invalid, or issuer-unavailable when the CA is not valid at `now`. */
  issue(request: LeafRequest, now: number): Promise<Leaf>;
}

/** Throws certificate-invalid, saying which certificate is wrong and why; never part of the key. */
export function openAuthority(pem: AuthorityPem, now: number): SigningAuthority {
  const ca = keyedChainOf(pem);
  const problem = problemOfAuthority(ca, now);
  if (problem !== undefined)
    throw new WeftError('certificate-invalid', `${problem.fault}: ${problem.message}`);
  const [first] = ca.chain as readonly [Certificate];
  const trusted = new Set(ca.roots.map((root) => root.fingerprint));
  const above = ca.chain.filter((certificate) => !trusted.has(certificate.fingerprint));
  const signer: Signer = {
    privateKey: ca.privateKey,
    subject: first.subject,
    keyId: first.subjectKeyId,
  };
  const { root } = completeChain(first, [...ca.chain, ...ca.roots]);
  const path = root === undefined ? ca.chain : [...ca.chain, root];
  const period = {
    notBefore: Math.max(...path.map(({ notBefore }) => notBefore)),
    notAfter: Math.min(...path.map(({ notAfter }) => notAfter)),
  };
  return {
    bundle: trustBundleOf(ca.roots),
    signer: first.fingerprint,
    notBefore: first.notBefore,
    notAfter: period.notAfter,
    aboveNotAfter: Math.min(...(path.length > 1 ? path.slice(1) : path).map((one) => one.notAfter)),
    issue: async (request, at) => {
      const template = templateOf(request.subject, leafPeriod(period, request.validityMs, at));
      const keys = await generateKeyPair(request.keyKind);
      const der = await signCertificateAsync(template, keys.publicKey, signer);
      return {
        certificateChain: [pemOf('CERTIFICATE', der), ...above.map((one) => one.pem)].join(''),
        privateKey: new Secret(privateKeyPem(keys.privateKey)),
        notBefore: template.notBefore,
        notAfter: template.notAfter,
        signer: first.fingerprint,
      };
    },
  };
}

export interface RootRequest {
  readonly now: number;
  readonly validityMs: number;
  /** Default P-256. */
  readonly keyKind?: KeyKind;
}

/** A new root, valid for `validityMs` from `now`, under a unique name. */
export async function newRoot(
  commonName: string,
  { now, validityMs, keyKind = 'P-256' }: RootRequest,
): Promise<AuthorityPem> {
  const keys = await generateKeyPair(keyKind);
  const period = { notBefore: now - rootBackdateMs, notAfter: now + validityMs };
  const certificate = pemOf('CERTIFICATE', selfSign(rootTemplate(commonName, period), keys));
  return {
    chain: certificate,
    privateKey: new Secret(privateKeyPem(keys.privateKey)),
    roots: certificate,
  };
}

/** The template of a leaf; the validator compares a leaf with it. */
export function templateOf(subject: LeafSubject, period: Period): CertificateTemplate {
  switch (subject.kind) {
    case 'workload':
      return workloadTemplate(subject, period);
    case 'server':
      return controlPlaneTemplate(subject, period);
    case 'gateway':
      return gatewayTemplate(subject.dnsNames, period);
  }
}

function leafPeriod(ca: Period, validityMs: number, now: number): Period {
  if (now < ca.notBefore || now > ca.notAfter - shortestRestMs)
    throw new WeftError(
      'issuer-unavailable',
      `the CA is valid from ${day(ca.notBefore)} to ${day(ca.notAfter)}, not now`,
      { retry: 'soon' },
    );
  return {
    notBefore: wholeSecond(Math.max(now - leafBackdateMs, ca.notBefore)),
    notAfter: wholeSecond(Math.min(now + validityMs, ca.notAfter)),
  };
}

/** Certificates store whole seconds. */
function wholeSecond(milliseconds: number): number {
  return Math.floor(milliseconds / 1000) * 1000;
}

function day(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}

function keyedChainOf(pem: AuthorityPem): KeyedChain {
  const chain = certificatesIn(pem.chain, 'the chain');
  const roots = pem.roots.trim() === '' ? chain.slice(-1) : certificatesIn(pem.roots, 'the roots');
  return { chain, roots, privateKey: keyIn(pem.privateKey) };
}

/** Throws certificate-invalid when `text` holds a block that is not a certificate, or no block. */
export function certificatesIn(text: string, what: string): Certificate[] {
  const blocks = certificateBlocks(text);
  const certificates = blocks.map(parseCertificate).filter((one) => one !== undefined);
  if (certificates.length < Math.max(blocks.length, 1))
    throw new WeftError('certificate-invalid', `no-certificate: ${what} cannot be read as PEM`);
  return certificates;
}

/** OpenSSL's own message could quote its input, so it is left out. */
function keyIn(pem: Secret<string>): KeyObject {
  try {
    return createPrivateKey(pem.reveal());
  } catch {
    throw new WeftError('certificate-invalid', 'key-mismatch: the private key cannot be read');
  }
}
