import type { CertificatePlan } from '../../../src/api/certificate-plan.ts';
import type { CertificateReport, AckCounts } from '../../../src/api/certificate-report.ts';
import { isSetAside } from '../../../src/api/set-aside.ts';
import type { SidecarModel } from './sidecar-model.ts';

/** How many of the waiting pods a report names: few, so that there are often more. */
const named = 2;

/** What the leader of a model's control plane counts from. */
export interface LeaderSight {
  /** The leader's own. */
  readonly plan: CertificatePlan;
  /** The lowest step over all replicas. */
  readonly step: number;
  readonly complete: boolean;
  readonly sidecars: readonly SidecarModel[];
  readonly broken: ReadonlySet<string>;
  readonly setAside: readonly string[];
  readonly bootstraps: NonNullable<CertificateReport['bootstraps']>;
  /** The report before, where nothing was counted again since: it stays for each newer step. */
  readonly before: CertificateReport | undefined;
}

/** The report that the leader writes, as the control plane's own counts it. */
export function leaderReport({ plan, sidecars, before, ...seen }: LeaderSight): CertificateReport {
  const { trustedStep, signerStep, serverStep, trusted, candidate } = plan;
  const count = (
    key: 'trust' | 'leaves' | 'channel',
    step: number,
    has: (sidecar: SidecarModel) => boolean,
  ): AckCounts => {
    if (before !== undefined && before[key].step !== step) return before[key];
    const waiting = sidecars.filter((sidecar) => sidecar.replica === undefined || !has(sidecar));
    const acknowledged = sidecars.length - waiting.length;
    const counts = waiting.filter(({ name }) => !isSetAside(name, seen.setAside));
    const aside = waiting.length - counts.length;
    const names = counts.map(({ name }) => name).slice(0, named);
    return { step, acknowledged, total: sidecars.length, aside, waiting: names };
  };
  const roots = [...trusted, ...(candidate === undefined ? [] : [candidate])];
  return {
    step: seen.step,
    complete: seen.complete,
    setAside: seen.setAside,
    roots: Object.fromEntries(roots.map((name) => [name, { ready: !seen.broken.has(name) }])),
    trust: count('trust', trustedStep, ({ acked }) => acked.trust === trustedStep),
    leaves: count('leaves', signerStep, ({ acked }) => acked.leaf === signerStep),
    channel: count('channel', serverStep, ({ acked }) => acked.channel === serverStep),
    bootstraps: seen.bootstraps,
    health: { held: 0, waiting: 0 },
  };
}
