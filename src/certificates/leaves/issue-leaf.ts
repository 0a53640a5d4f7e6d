import type { Clock } from '../../common/clock.ts';
import { WeftError } from '../../common/errors.ts';
import type { Random } from '../../kubernetes/back-off.ts';
import type { Issuer, Leaf, LeafRequest } from '../issuer.ts';
import { problemOfIssued } from './leaf-check.ts';
import { renewalTime, type HeldLeaf } from './renewal.ts';
import type { TrustBundle } from '../trust-bundle.ts';

const signerTries = 3;
const noRoots: TrustBundle = { pem: '', roots: [] };

/** A checked leaf with its renewal time. Rejects as Issuer.issue does. */
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

/**
 * A leaf of the current signer. If the signer changed while the leaf was issued, drops it and asks again: three
 * tries.
 */
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
      throw new WeftError(
        'certificate-invalid',
        'the issuer signed with another authority than it reports',
        {
          retry: 'soon',
        },
      );
  }
}
