import { type PolicyKind, policyKinds, type StatusShapeName } from '../api/policy-kinds.ts';
import { flatStatus } from './flat-status.ts';
import { ancestorsStatus, parentsStatus } from './per-parent-status.ts';
import type { StatusShape } from './status-shape.ts';

const shapes: Readonly<Record<StatusShapeName, StatusShape>> = {
  flat: flatStatus,
  parents: parentsStatus,
  ancestors: ancestorsStatus,
};

/** The shape of the status of a kind of policy. */
export function statusShape(kind: PolicyKind): StatusShape {
  return shapes[policyKinds[kind].status];
}
