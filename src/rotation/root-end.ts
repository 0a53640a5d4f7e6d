import type { CertificateReport } from '../api/certificate-report.ts';
import type { MeshConfig } from '../api/gen/mesh-config.ts';
import { timestamp } from '../common/timestamp.ts';
import { renewerOf, renewalTime } from './intent.ts';
import type { RootRecord } from './records.ts';

/** What becomes of a root as it nears its end. Times are milliseconds since the epoch. */
export interface RootEnd {
  /** When Weft begins to replace it; undefined: that is up to its owner. */
  readonly renewsAt: number | undefined;
  /** From when on it is told. */
  readonly toldFrom: number;
  readonly reason: 'RootRenewsSoon' | 'RootEndsSoon';
  readonly message: string;
}

/** A switch that nobody asked for is told of so long before. */
const noticeMs = 30 * 86_400_000;

export interface EndFacts {
  readonly meshConfig: MeshConfig;
  readonly renewBeforeMs: number;
  readonly report: CertificateReport | undefined;
}

/** Undefined while the end is not known, or when the mesh leaves the root anyway. Pure. */
export function endOf(
  record: RootRecord,
  { meshConfig, renewBeforeMs, report }: EndFacts,
): RootEnd | undefined {
  const rootEnds = record.pin?.notAfter;
  const chainEnds = endOfChain(record, report) ?? Infinity;
  const notAfter = rootEnds === undefined ? undefined : Math.min(rootEnds, chainEnds);
  const renewer = renewerOf(record, meshConfig);
  if (notAfter === undefined || renewer === 'nobody') return undefined;
  const what = rootEnds === notAfter ? 'The root' : 'A certificate that signs below the root';
  const subject = `${what} of ${record.name} ends ${timestamp(notAfter)}`;
  const renewsAt = renewer === 'weft' ? renewalTime(record, renewBeforeMs) : undefined;
  if (renewsAt === undefined) {
    const message = `${subject}; renew it at its issuer, or switch to another root.`;
    const toldFrom = notAfter - renewBeforeMs;
    return { renewsAt, toldFrom, reason: 'RootEndsSoon', message };
  }
  const message = `${subject}; Weft replaces it from ${timestamp(renewsAt)} on by a new one, and nobody has to do anything.`;
  return { renewsAt, toldFrom: renewsAt - noticeMs, reason: 'RootRenewsSoon', message };
}

/**
 * When a certificate ends that stands above those of the mesh and that Weft cannot renew. Its own
 * intermediate is no such certificate: it is renewed as long as those above it last.
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
