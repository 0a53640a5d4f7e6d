// Input: the progress of the control plane's rollout. Output: whether it serves. Pure.
import type { JudgedCondition, StatusInputs } from './condition-words.ts';
import { counted } from './counted.ts';
import type { Rollout } from './facts.ts';

/** How many replicas serve, as a sentence without its end. */
export function replicasOf({ available, wanted }: Rollout): string {
  return `${counted(available, wanted, ['replica is', 'replicas are'])} available`;
}

/** One replica serves the mesh, so anything that concerns the others leaves it available. */
export function controlPlaneCondition({ rollout, namespace }: StatusInputs): JudgedCondition {
  const type = 'ControlPlaneAvailable';
  if (rollout === undefined) {
    const message = 'The Deployment weft-control-plane does not exist yet.';
    return { type, status: 'False', reason: 'ControlPlaneMissing', message };
  }
  const { available, wanted, stuck } = rollout;
  const status = available > 0 ? 'True' : 'False';
  const count = replicasOf(rollout);
  const selected = `-n ${namespace} -l app.kubernetes.io/name=weft-control-plane`;
  const look = `Next: kubectl get pods ${selected}.`;
  if (stuck !== undefined) {
    const message = `${count}, and Kubernetes gave up the rollout: ${stuck.replace(/\.?$/, '.')} Next: kubectl describe replicasets,pods ${selected}.`;
    return { type, status, reason: 'RolloutStuck', message };
  }
  if (available === 0) {
    return { type, status, reason: 'ControlPlaneNotAvailable', message: `${count}. ${look}` };
  }
  return available < wanted
    ? { type, status, reason: 'ReplicasMissing', message: `${count}. ${look}` }
    : { type, status, reason: 'Available', message: `${count}.` };
}
