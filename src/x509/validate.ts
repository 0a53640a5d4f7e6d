import { createPublicKey, type KeyObject } from 'node:crypto';
import type { Certificate } from './certificate.ts';
import { isSignedBy } from './complete-chain.ts';
import { keyWeakness } from './key-pair.ts';
import { keyUsageBits, oids, type ExtendedKeyUsage } from './oids.ts';

/** The problems of a certificate or its chain. Messages name the certificate and the reason. */
export type CertificateFault =
  | 'chain-broken'
  | 'chain-without-root'
  | 'critical-extension-unknown'
  | 'expired'
  | 'key-mismatch'
  | 'key-not-accepted'
  | 'names-wrong'
  | 'no-certificate'
  | 'not-a-ca'
  | 'not-yet-valid'
  | 'path-too-long'
  | 'root-not-self-signed'
  | 'signature-not-accepted'
  | 'unexpected-ca'
  | 'usage-missing';

export interface CertificateProblem {
  readonly fault: CertificateFault;
  /** For users; names the certificate by its place in the chain, and never quotes its content. */
  readonly message: string;
}

/** A certificate with its chain and its private key. */
export interface KeyedChain {
  /** The certificate itself first, then its issuers in order; the root may be left out. */
  readonly chain: readonly Certificate[];
  readonly privateKey: KeyObject;
  readonly roots: readonly Certificate[];
}

/** The exact names that a leaf must have, and its purpose. */
export interface ExpectedLeaf {
  readonly uris: readonly string[];
  readonly dnsNames: readonly string[];
  readonly extendedKeyUsage: readonly ExtendedKeyUsage[];
}

/** Why a CA cannot sign leaves that every peer accepts at `now`; undefined when it can. */
export function problemOfAuthority(ca: KeyedChain, now: number): CertificateProblem | undefined {
  return (
    problemOfKey(ca) ?? problemOfRoots(ca.roots) ?? problemOfPath(pathOf(ca), { firstCa: 0, now })
  );
}

/** Why peers that trust `roots` would refuse a leaf at `now`, or take it for someone else; else undefined. */
export function problemOfLeaf(
  leaf: KeyedChain,
  expected: ExpectedLeaf,
  now: number,
): CertificateProblem | undefined {
  return (
    problemOfKey(leaf) ??
    problemOfEndEntity(leaf.chain[0], expected) ??
    problemOfPath(pathOf(leaf), { firstCa: 1, now })
  );
}

function problemOfKey({ chain, privateKey }: KeyedChain): CertificateProblem | undefined {
  const [first] = chain;
  if (first === undefined) return problem('no-certificate', 'there is no certificate');
  if (!createPublicKey(privateKey).equals(first.publicKey))
    return problem('key-mismatch', 'the private key does not belong to the first certificate');
  return undefined;
}

function problemOfRoots(roots: readonly Certificate[]): CertificateProblem | undefined {
  const odd = roots.findIndex(
    (root) => !root.issuer.equals(root.subject) || !root.signedWith(root.publicKey),
  );
  return odd < 0
    ? undefined
    : problem('root-not-self-signed', `root ${odd + 1} is not self-signed`);
}

function problemOfEndEntity(
  leaf: Certificate | undefined,
  expected: ExpectedLeaf,
): CertificateProblem | undefined {
  if (leaf === undefined) return undefined;
  if (leaf.ca)
    return problem('unexpected-ca', 'the issuer returned a CA, but a leaf was requested');
  const { uris, dnsNames, others } = leaf.altNames;
  if (!sameSet(uris, expected.uris) || !sameSet(dnsNames, expected.dnsNames) || others > 0)
    return problem('names-wrong', 'the issuer changed the requested names');
  return problemOfKeyUsage(leaf) ?? problemOfPurpose(leaf, expected.extendedKeyUsage);
}

/** Envoy requires a key usage with digital signatures and without certificate signing (SPIFFE X509-SVID §4.3). */
function problemOfKeyUsage({ keyUsage }: Certificate): CertificateProblem | undefined {
  if (keyUsage === undefined)
    return problem('usage-missing', 'the leaf has no key usage; it must allow digital signatures');
  if (!keyUsage.has(keyUsageBits.digitalSignature))
    return problem('usage-missing', 'the leaf may not be used for digital signatures');
  return keyUsage.has(keyUsageBits.keyCertSign) || keyUsage.has(keyUsageBits.crlSign)
    ? problem('unexpected-ca', "the leaf's key usage lets it sign certificates, as only a CA may")
    : undefined;
}

function problemOfPurpose(
  certificate: Certificate,
  needed: readonly ExtendedKeyUsage[],
): CertificateProblem | undefined {
  const allowed = certificate.extendedKeyUsage;
  if (allowed === undefined || allowed.has(oids.anyExtendedKeyUsage)) return undefined;
  const missing = needed.find((usage) => !allowed.has(oids[usage]));
  return missing === undefined
    ? undefined
    : problem('usage-missing', `the extended key usage lacks ${missing}`);
}

function sameSet(left: readonly string[], right: readonly string[]): boolean {
  return left.length === right.length && left.every((name) => right.includes(name));
}

/** The chain, with the root that signed its last certificate where that is not in it. */
function pathOf({ chain, roots }: KeyedChain): Path {
  const last = chain.at(-1);
  const included = roots.some(({ fingerprint }) => fingerprint === last?.fingerprint);
  const root =
    included || !last ? undefined : roots.find((candidate) => isSignedBy(last, candidate));
  return { chain, root, ends: included || root !== undefined };
}

interface Path {
  readonly chain: readonly Certificate[];
  /** The root; its key verifies the last certificate of the chain. */
  readonly root: Certificate | undefined;
  /** Whether the path comes to a trusted root. */
  readonly ends: boolean;
}

interface PathRules {
  /** Index of the first certificate that must be a CA. */
  readonly firstCa: number;
  readonly now: number;
}

function problemOfPath(path: Path, rules: PathRules): CertificateProblem | undefined {
  const { chain, root, ends } = path;
  const broken = chain.findIndex((parent, at) => {
    const child = chain[at - 1];
    return child !== undefined && !isSignedBy(child, parent);
  });
  if (broken >= 0)
    return problem('chain-broken', `certificate ${broken} is not signed by the next one`);
  const certificates = root === undefined ? chain : [...chain, root];
  for (const [index, certificate] of certificates.entries()) {
    const found = firstProblem(certificate, index, rules);
    if (found !== undefined)
      return problem(found.fault, `certificate ${index + 1} of the chain: ${found.message}`);
  }
  return ends
    ? undefined
    : problem('chain-without-root', 'the chain ends in none of the trusted roots');
}

type Check = (
  certificate: Certificate,
  index: number,
  rules: PathRules,
) => CertificateProblem | undefined;

function firstProblem(
  certificate: Certificate,
  index: number,
  rules: PathRules,
): CertificateProblem | undefined {
  for (const check of pathChecks) {
    const found = check(certificate, index, rules);
    if (found !== undefined) return found;
  }
  return undefined;
}

const pathChecks: readonly Check[] = [
  ({ notBefore }, _index, { now }) =>
    now < notBefore
      ? problem('not-yet-valid', `valid only from ${new Date(notBefore).toISOString()}`)
      : undefined,
  ({ notAfter }, _index, { now }) =>
    now >= notAfter
      ? problem('expired', `expired at ${new Date(notAfter).toISOString()}`)
      : undefined,
  ({ publicKey }) => {
    const weakness = keyWeakness(publicKey);
    return weakness === undefined
      ? undefined
      : problem('key-not-accepted', `${weakness} is not accepted`);
  },
  // The self-signature of a root proves nothing, so its algorithm does not matter.
  ({ signatureAlgorithm, issuer, subject }) =>
    acceptedSignatures.has(signatureAlgorithm) || issuer.equals(subject)
      ? undefined
      : problem('signature-not-accepted', `signature algorithm ${signatureAlgorithm}`),
  ({ unknownCritical: [id] }) =>
    id === undefined
      ? undefined
      : problem('critical-extension-unknown', `critical extension ${id} is not understood`),
  (certificate, index, { firstCa }) =>
    index >= firstCa && !maySign(certificate)
      ? problem('not-a-ca', 'not a CA that may sign certificates')
      : undefined,
  ({ pathLength }, index, { firstCa }) =>
    index >= firstCa && pathLength !== undefined && pathLength < index - firstCa
      ? problem('path-too-long', `allows ${pathLength} CAs below it, has ${index - firstCa}`)
      : undefined,
  (certificate, index, { firstCa }) =>
    index >= firstCa ? problemOfPurpose(certificate, ['serverAuth', 'clientAuth']) : undefined,
];

function maySign(certificate: Certificate): boolean {
  return certificate.ca && certificate.keyUsage?.has(keyUsageBits.keyCertSign) !== false;
}

const acceptedSignatures: ReadonlySet<string> = new Set([
  oids.ecdsaWithSha256,
  oids.ecdsaWithSha384,
  oids.ecdsaWithSha512,
  oids.sha256WithRsa,
  oids.sha384WithRsa,
  oids.sha512WithRsa,
]);

function problem(fault: CertificateFault, message: string): CertificateProblem {
  return { fault, message };
}
