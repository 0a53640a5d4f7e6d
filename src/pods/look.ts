import type { FindingKind, Found, MeshReport } from '../api/mesh-report.ts';
import type { JoinedEvidence } from '../xds/evidence/join.ts';
import type { LivingPod } from './pod-life.ts';

/** The known facts about proxies: which have a stream, and which refuse the certificate, by IP. */
export interface Seen {
  readonly evidence: Pick<
    JoinedEvidence,
    'streams' | 'behind' | 'refusing' | 'late' | 'complete' | 'objects'
  >;
  readonly alerts: ReadonlyMap<string, string>;
}

/** A pod whose proxy has no stream. */
export interface AbsentPod {
  readonly pod: LivingPod;
  /** Whether its proxy may still be connecting. */
  readonly starting: boolean;
}

/** The counts of the report, and what its findings are made from. */
export interface PodsLook extends Omit<MeshReport, 'findings'> {
  /** The findings by kind: the names of all affected pods, each with its problem. */
  readonly found: ReadonlyMap<FindingKind, readonly Found[]>;
  /** Pods inside the mesh without a stream. */
  readonly absent: readonly AbsentPod[];
}
