import { planOf } from '../api/certificate-plan.ts';
import { type CertificateReport, reportKey } from '../api/certificate-report.ts';
import type { MeshConfig } from '../api/gen/mesh-config.ts';
import { parseReport } from '../api/parse-report.ts';
import type { OperatorWatches } from './watches.ts';
import { webhookIdentities } from './plan.ts';
import { trustOf } from './webhooks.ts';
import { bundleOf, decideRoots, type RootsDecision } from '../rotation/decide.ts';
import { needsOf, type RootNeeds } from '../rotation/needs.ts';
import { rotationStatus, type RotationStatus } from '../rotation/rotation-status.ts';

/** One evaluation of the mesh's roots: the decision and what follows from it. */
export interface RotationState {
  readonly decision: RootsDecision;
  readonly report: CertificateReport | undefined;
  readonly status: RotationStatus;
  readonly needs: RootNeeds;
  /** The roots that webhooks should trust under the plan in force, as PEM; undefined while there is no plan. */
  readonly bundle: string | undefined;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** Reads what the operator sees of roots and decides. `now` in milliseconds since the epoch. */
export function observeRotation(
  meshConfig: MeshConfig,
  watched: OperatorWatches,
  now: number,
): RotationState {
  const report = parseReport(watched.certificates?.data?.[reportKey]);
  const live = watched.live;
  const webhooks = [...webhookIdentities].flatMap((identity) => {
    const object = live.get(identity);
    return object === undefined ? [] : trustOf(object);
  });
  const decision = decideRoots({ meshConfig, objects: watched.roots, report, webhooks, now });
  // Uses the plan in force, not the next one: a root that the next plan drops stays until that plan is in force.
  const { trusted } = planOf(meshConfig) ?? decision.plan ?? {};
  return {
    decision,
    report,
    status: rotationStatus(decision, { meshConfig, report, now }),
    needs: needsOf(meshConfig, decision),
    bundle: trusted && bundleOf(decision.records, trusted),
    now,
  };
}
