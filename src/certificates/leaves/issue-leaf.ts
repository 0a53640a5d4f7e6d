import type { Clock } from '../../common/clock.ts';
import { WeftError } from '../../common/errors.ts';
import type { Random } from '../../kubernetes/back-off.ts';
import type { Issuer, Leaf, LeafRequest } from '../issuer.ts';
import { problemOfIssued } from './leaf-check.ts';
import { renewalTime, type HeldLeaf } from './renewal.ts';
import type { TrustBundle } from '../trust-bundle.ts';

const signerTries = 3;
const noRoots: TrustBundle = { pem: '', roots: [] };

/** A leaf that was looked at, with the time of its renewal. Rejects as Issuer.issue does. */
export async function issueLeaf(
  request: LeafRequest,
  { issuer, clock, random }: { issuer: Issuer; clock: Clock; random: Random },
  signal: AbortSignal,
): Promise<HeldLeaf> {
  const leaf = await currentLeaf(request, issuer, signal);
  const now = clock.now();
  const bundle = issuer.authority()?.bundle ?? noRoots;
  const problem = problemOfIssued(leaf, request, { bundle, now });
  if (problem !== undefined)
    throw new WeftError('certificate-invalid', `${problem.fault}: ${problem.message}`);
  return {
    leaf,
    subject: request.subject,
    keyKind: request.keyKind,
    issuedAt: now,
    renewAt: renewalTime(leaf, now, random()),
  };
}

/** A leaf by who signs now: one that another signer gave meanwhile came too late, and is let go. */
async function currentLeaf(
  request: LeafRequest,
  issuer: Issuer,
  signal: AbortSignal,
): Promise<Leaf> {
  for (let tried = 1; ; tried += 1) {
    const leaf = await issuer.issue(request, signal);
    const signer = issuer.authority()?.signer;
    if (signer === undefined || leaf.signer === signer) return leaf;
    if (tried === signerTries)
      throw new WeftError('certificate-invalid', 'the issuer signs as another than it says', {
        retry: 'soon',
      });
  }
}
