import { randomBytes } from 'node:crypto';
import type { Clock } from '../../common/clock.ts';
import { Secret } from '../../common/secret.ts';
import type { PinnedRoots } from '../pinned-roots.ts';
import type { AuthorityPem } from '../signing-authority.ts';
import { generateKeyPair, privateKeyPem, type KeyKind } from '../../x509/key-pair.ts';
import { signingRequest } from '../../x509/signing-request.ts';
import { rootTemplate } from '../../x509/template.ts';
import { problemOfAuthority } from '../../x509/validate.ts';
import { limitValidity } from './shorten-request.ts';
import type { AuthoritySource } from './kept-authority.ts';
import { completeToRoot, refusedAnswer, untilValid, type OutsideIssuer } from './outside-issuer.ts';

export interface IntermediateOptions {
  readonly outside: OutsideIssuer;
  readonly keyKind: KeyKind;
  readonly pinned: PinnedRoots | undefined;
  readonly clock: Clock;
  /** Requested; the issuer may grant less. Default 7 days. */
  readonly validityMs?: number | undefined;
}

const sevenDaysMs = 7 * 24 * 3_600_000;
/** Like a leaf, an intermediate begins a little in the past, for peers whose clocks are behind. */
const longestBackdateMs = 5 * 60_000;

/**
 * Gets signing certificates from an outside issuer, each with a new key. Checks each one before it is kept
 * (docs/decisions/0053).
 */
export function intermediateSource(options: IntermediateOptions): AuthoritySource {
  const { outside } = options;
  return {
    name: outside.name,
    renews: true,
    make: (signal) => make(options, longestBackdateMs, signal),
  };
}

/** Requests a signing certificate. If it would begin before a certificate above it, requests one that begins later. */
async function make(
  options: IntermediateOptions,
  backdateMs: number,
  signal: AbortSignal,
): Promise<AuthorityPem> {
  const { outside, keyKind, pinned, clock, validityMs: wishedMs = sevenDaysMs } = options;
  const now = clock.now();
  // Some issuers refuse a certificate that would outlive their own, instead of shortening it.
  const ends = pinned?.certificates.map(({ notAfter }) => notAfter - now) ?? [];
  const left = Math.max(...ends, 0);
  const validityMs = limitValidity(wishedMs, left);
  const commonName = `weft-intermediate-${randomBytes(4).toString('hex')}`;
  const template = rootTemplate(commonName, { notBefore: now, notAfter: now + validityMs });
  const keys = await generateKeyPair(keyKind);
  const request = signingRequest(template, keys);
  const wish = { request, template, validityMs, backdateMs };
  const answer = await outside.sign(wish, signal);
  const { name } = outside;
  const { chain, root } = completeToRoot(answer, { name, pinned });
  const [first] = chain;
  if (first !== undefined) await untilValid(first, clock, signal);
  const above = Math.max(...[...chain.slice(1), root].map(({ notBefore }) => notBefore));
  if (first !== undefined && first !== root && first.notBefore < above && backdateMs >= 1_000)
    return make(options, shorter(backdateMs, now - above), signal);
  const { privateKey } = keys;
  const problem = problemOfAuthority({ chain, privateKey, roots: [root] }, clock.now());
  if (problem !== undefined) throw refusedAnswer(name, problem);
  return {
    chain: chain.map(({ pem }) => pem).join(''),
    privateKey: new Secret(privateKeyPem(privateKey)),
    roots: root.pem,
  };
}

/** At most half of `backdateMs`, and at most the age of the certificates above. */
function shorter(backdateMs: number, ageMs: number): number {
  return Math.min(Math.max(ageMs, 0), backdateMs / 2);
}
