import type { CertificateReport } from '../api/certificate-report.ts';
import type { MeshConfig } from '../api/gen/mesh-config.ts';
import { timestamp } from '../common/timestamp.ts';
import { findRenewer, renewalTime } from './intent.ts';
import type { RootRecord } from './records.ts';

/** What the status says about a root that nears its end. Times are milliseconds since the epoch. */
export interface RootEnd {
  /** When Weft begins to replace the root; undefined when its owner has to replace it. */
  readonly renewsAt: number | undefined;
  /** When the condition CertificatesReady begins to mention the end. */
  readonly noticeFrom: number;
  readonly reason: 'RootRenewsSoon' | 'RootEndsSoon';
  readonly message: string;
}

/** Weft announces a renewal that no user requested this long before it begins: 30 days. */
const noticeMs = 30 * 86_400_000;

export interface EndFacts {
  readonly meshConfig: MeshConfig;
  readonly renewBeforeMs: number;
  readonly report: CertificateReport | undefined;
}

/** Undefined while the end of the root is not known, or when the MeshConfig no longer asks for the root. Pure. */
export function endOf(
  record: RootRecord,
  { meshConfig, renewBeforeMs, report }: EndFacts,
): RootEnd | undefined {
  const rootEnds = record.pin?.notAfter;
  const chainEnds = endOfChain(record, report) ?? Infinity;
  const notAfter = rootEnds === undefined ? undefined : Math.min(rootEnds, chainEnds);
  const renewer = findRenewer(record, meshConfig);
  if (notAfter === undefined || renewer === 'none') return undefined;
  const what = rootEnds === notAfter ? 'The root' : 'A certificate that signs below the root';
  const subject = `${what} of ${record.name} ends ${timestamp(notAfter)}`;
  const renewsAt = renewer === 'weft' ? renewalTime(record, renewBeforeMs) : undefined;
  if (renewsAt === undefined) {
    const message = `${subject}; renew it at its issuer, or switch to another root.`;
    const noticeFrom = notAfter - renewBeforeMs;
    return { renewsAt, noticeFrom, reason: 'RootEndsSoon', message };
  }
  const message = `${subject}; Weft replaces it from ${timestamp(renewsAt)} on, and you need not act.`;
  return { renewsAt, noticeFrom: renewsAt - noticeMs, reason: 'RootRenewsSoon', message };
}

/**
 * When the first certificate ends that signs mesh certificates, directly or not, and that Weft cannot renew. Weft
 * renews its own intermediate while the certificates above it are valid, so that intermediate does not count.
 */
function endOfChain(
  { name, spec }: RootRecord,
  report: CertificateReport | undefined,
): number | undefined {
  const { signerNotAfter, aboveNotAfter } = report?.roots[name] ?? {};
  const provider = spec?.provider;
  const keepsIntermediate =
    provider !== undefined && provider.kind !== 'builtIn' && provider.mode === 'intermediate';
  return keepsIntermediate ? aboveNotAfter : signerNotAfter;
}
