// Input: the objects as the API server has them, and the time. Output: what is wrong or soon will be,
// the worst first, each with what to do. Rule: the objects' own words where they have any.
import type { Condition } from '../api/core.ts';
import type { CertificateFacts } from './certificate-facts.ts';
import { heldSwitch } from './held-switch.ts';
import type { Problem, Severity } from './problem.ts';
import { leafProblems, rootProblems } from './root-problems.ts';

const order: readonly Severity[] = ['failing', 'held', 'unknown', 'warning'];

/** Pure. `now` is in milliseconds since the epoch. */
export function problemsOf(facts: CertificateFacts, now: number): readonly Problem[] {
  const found = [
    ...conditionProblems(facts),
    ...(heldSwitch(facts, now) ?? []),
    ...rootProblems(facts, now),
    ...leafProblems(facts.leaves, now),
    ...oddities(facts),
  ];
  return found.toSorted((a, b) => order.indexOf(a.severity) - order.indexOf(b.severity));
}

function conditionProblems({ meshConfig }: CertificateFacts): readonly Problem[] {
  const { metadata, status } = meshConfig;
  const namespace = metadata.namespace ?? '';
  const conditions: readonly Condition[] = status?.conditions ?? [];
  if (conditions.length === 0) {
    return [
      {
        severity: 'unknown',
        code: 'no-status',
        message: 'The operator has not said anything of this MeshConfig yet.',
        remedy: `If that lasts for more than a minute, see whether it runs: kubectl get pods -n ${namespace}`,
      },
    ];
  }
  const of = (type: string): Condition | undefined =>
    conditions.find((condition) => condition.type === type);
  const isMoving = of('Reconciling')?.status === 'True';
  const pods = `See its pods and their log: kubectl get pods -n ${namespace}`;
  return [
    ...stalled(of('Stalled')),
    ...missing(of('CertificatesReady'), isMoving, { code: 'certificates-not-ready' }),
    ...missing(of('ControlPlaneAvailable'), isMoving, { code: 'control-plane-away', remedy: pods }),
    ...reconciling(of('Reconciling')),
  ];
}

function stalled(condition: Condition | undefined): readonly Problem[] {
  if (condition?.status !== 'True') return [];
  const remedy = 'The mesh goes on as it was; edit the MeshConfig as the message says.';
  return [{ severity: 'held', code: 'stalled', message: said(condition), remedy }];
}

/** A part that is not there: still on its way while the operator works on it, broken otherwise. */
function missing(
  condition: Condition | undefined,
  isMoving: boolean,
  problem: Pick<Problem, 'code' | 'remedy'>,
): readonly Problem[] {
  if (condition === undefined || condition.status === 'True') return [];
  const isUnknown = isMoving || condition.status === 'Unknown';
  return [{ severity: isUnknown ? 'unknown' : 'failing', ...problem, message: said(condition) }];
}

function reconciling(condition: Condition | undefined): readonly Problem[] {
  if (condition?.status !== 'True') return [];
  return [{ severity: 'warning', code: 'reconciling', message: said(condition) }];
}

function oddities({ meshConfig, others }: CertificateFacts): readonly Problem[] {
  const { generation = 0, namespace = '' } = meshConfig.metadata;
  const seen = meshConfig.status?.observedGeneration ?? generation;
  const found: Problem[] = [];
  if (seen < generation) {
    found.push({
      severity: 'warning',
      code: 'status-behind',
      message: `The operator has not taken up the last edit of the MeshConfig (it is at generation ${seen} of ${generation}).`,
      remedy: `If that lasts for more than a minute, see whether it runs: kubectl get pods -n ${namespace}`,
    });
  }
  if (others.length > 0) {
    found.push({
      severity: 'warning',
      code: 'another-mesh-config',
      message: `Only ${meshConfig.metadata.name} rules; without effect: ${others.join(', ')}.`,
      remedy: 'Delete those, so that nobody edits the wrong one.',
    });
  }
  return found;
}

function said({ reason, message }: Condition): string {
  return `${reason}: ${message}`;
}
