import { randomBytes } from 'node:crypto';
import type { Clock } from '../../common/clock.ts';
import { Secret } from '../../common/secret.ts';
import type { PinnedRoots } from '../pinned-roots.ts';
import type { AuthorityPem } from '../signing-authority.ts';
import { newKeyPair, privateKeyPem, type KeyKind } from '../x509/key-pair.ts';
import { signingRequest } from '../x509/signing-request.ts';
import { rootTemplate } from '../x509/template.ts';
import { problemOfAuthority } from '../x509/validate.ts';
import { withinLife } from './ask-for-less.ts';
import type { AuthoritySource } from './kept-authority.ts';
import { judgeChain, refusedAnswer, untilValid, type OutsideIssuer } from './outside-issuer.ts';

export interface IntermediateOptions {
  readonly outside: OutsideIssuer;
  readonly keyKind: KeyKind;
  readonly pinned: PinnedRoots | undefined;
  readonly clock: Clock;
  /** Asked for; the issuer may give less. Default 7 days. */
  readonly validityMs?: number | undefined;
}

const sevenDaysMs = 7 * 24 * 3_600_000;
/** As leaves do, it begins a little in the past, for peers whose clocks are behind. */
const longestBackdateMs = 5 * 60_000;

/** Signing certificates from an outside issuer, each with a new key and judged before it is kept. */
export function intermediateSource(options: IntermediateOptions): AuthoritySource {
  const { outside } = options;
  return {
    name: outside.name,
    renews: true,
    make: (signal) => make(options, longestBackdateMs, signal),
  };
}

/** One that would begin before the certificates above it is asked for again, to begin later. */
async function make(
  options: IntermediateOptions,
  backdateMs: number,
  signal: AbortSignal,
): Promise<AuthorityPem> {
  const { outside, keyKind, pinned, clock, validityMs: wishedMs = sevenDaysMs } = options;
  const now = clock.now();
  // Some issuers refuse what would outlive them instead of giving less.
  const ends = pinned?.certificates.map(({ notAfter }) => notAfter - now) ?? [];
  const left = Math.max(...ends, 0);
  const validityMs = withinLife(wishedMs, left);
  const commonName = `weft-intermediate-${randomBytes(4).toString('hex')}`;
  const template = rootTemplate(commonName, { notBefore: now, notAfter: now + validityMs });
  const keys = await newKeyPair(keyKind);
  const request = signingRequest(template, keys);
  const wish = { request, template, validityMs, backdateMs };
  const answer = await outside.sign(wish, signal);
  const { name } = outside;
  const { chain, root } = judgeChain(answer, { name, pinned });
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

/** Half as long at least, and no longer than what stands above has been valid. */
function shorter(backdateMs: number, ageMs: number): number {
  return Math.min(Math.max(ageMs, 0), backdateMs / 2);
}
