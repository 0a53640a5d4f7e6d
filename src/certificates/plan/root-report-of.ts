import type { RootReport } from '../../api/certificate-report.ts';
import type { Authority, IssuerFailure } from '../issuer.ts';

/**
 * The report about a root in use, or under probe. The root is ready when its authority is known and there is no
 * failure. Of several root certificates, the first to expire gives `notAfter`. Pure.
 */
export function rootReportOf(
  authority: Authority | undefined,
  trouble: IssuerFailure | undefined,
): RootReport {
  return {
    ready: authority !== undefined && trouble === undefined,
    ...(authority === undefined ? {} : factsOf(authority)),
    ...(trouble === undefined ? {} : { trouble }),
  };
}

function factsOf({
  bundle,
  aboveNotAfter,
  notAfter: signerNotAfter,
}: Authority): Omit<RootReport, 'ready'> {
  const [root] = bundle.roots;
  if (root === undefined) return {};
  return {
    roots: bundle.pem,
    fingerprint: root.fingerprint,
    notAfter: Math.min(...bundle.roots.map(({ notAfter }) => notAfter)),
    signerNotAfter,
    ...(aboveNotAfter !== undefined && { aboveNotAfter }),
  };
}
