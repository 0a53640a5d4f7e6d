import type { RootReport } from '../../api/certificate-report.ts';
import type { Authority, IssuerTrouble } from '../issuer.ts';

/**
 * What the report says of a root, whether it is in use or only tried out: it is ready when its issuer is
 * known and nothing is wrong. Of several roots the first to end gives the end. Pure.
 */
export function rootReportOf(
  authority: Authority | undefined,
  trouble: IssuerTrouble | undefined,
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
