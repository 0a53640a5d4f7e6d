import type { RootReport } from '../api/certificate-report.ts';
import type { Issuer } from '../certificates/issuer.ts';
import type { NamedRoot } from '../certificates/issuing-plan.ts';
import { problemOfIssued } from '../certificates/leaf-check.ts';
import { identityKey } from '../policy/identity.ts';
import type { Clock } from '../common/clock.ts';

/** Has a probe signed and looks at it. */
export async function probeRoot(
  issuer: Issuer,
  { root }: NamedRoot,
  { clock, signal }: { readonly clock: Clock; readonly signal: AbortSignal },
): Promise<RootReport> {
  const account = identityKey({ namespace: 'weft-system', serviceAccount: 'probe' });
  const request = {
    subject: { kind: 'workload', trustDomain: root.trustDomain, account },
    validityMs: 600_000,
    keyKind: 'P-256',
  } as const;
  const leaf = await issuer.issue(request, signal);
  const authority = issuer.authority();
  if (authority === undefined) return { ready: false };
  const now = clock.now();
  const problem = problemOfIssued(leaf, request, { bundle: authority.bundle, now });
  if (problem !== undefined)
    return {
      ready: false,
      trouble: { code: problem.fault, message: problem.message, since: now },
    };
  const [first] = authority.bundle.roots;
  return {
    ready: true,
    roots: authority.bundle.pem,
    ...(first && { fingerprint: first.fingerprint, notAfter: first.notAfter }),
    signerNotAfter: authority.notAfter,
  };
}
