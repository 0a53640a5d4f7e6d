// Input: the objects as the API server has them, and the time. Output: the present and coming problems,
// the worst first, each with a remedy. Rule: where an object has a message, the problem quotes it.
import type { CertificateFacts } from './certificate-facts.ts';
import { conditionProblems } from './condition-problems.ts';
import { heldSwitch } from './held-switch.ts';
import type { Problem, Severity } from './problem.ts';
import { leafProblems, rootProblems } from './root-problems.ts';

const order: readonly Severity[] = ['failing', 'held', 'unknown', 'warning'];

/** Pure. `now` is in milliseconds since the epoch. */
export function problemsOf(facts: CertificateFacts, now: number): readonly Problem[] {
  const found = [
    ...conditionProblems(facts, now),
    ...(heldSwitch(facts, now) ?? []),
    ...rootProblems(facts, now),
    ...leafProblems(facts.leaves, now),
    ...oddities(facts),
  ];
  return found.toSorted((a, b) => order.indexOf(a.severity) - order.indexOf(b.severity));
}

function oddities({ meshConfig, others }: CertificateFacts): readonly Problem[] {
  const { generation = 0, namespace = '' } = meshConfig.metadata;
  const seen = meshConfig.status?.observedGeneration ?? generation;
  const found: Problem[] = [];
  if (seen < generation) {
    found.push({
      severity: 'warning',
      code: 'status-behind',
      message: `The operator has not applied the last edit of the MeshConfig (it is at generation ${seen} of ${generation}).`,
      remedy: `If this lasts for more than a minute, check that the operator runs: kubectl get pods -n ${namespace}`,
    });
  }
  if (others.length > 0) {
    found.push({
      severity: 'warning',
      code: 'another-mesh-config',
      message: `Only MeshConfig ${meshConfig.metadata.name} is active; these have no effect: ${others.join(', ')}.`,
      remedy: 'Delete them, so that no edit goes to a MeshConfig without effect.',
    });
  }
  return found;
}
