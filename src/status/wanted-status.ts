import type { Kind } from '../api/kinds.ts';
import type { PolicyObject } from './kept-status.ts';
import type { WantedPolicyStatus } from './policy-status.ts';
import type { StatusShape } from './status-shape.ts';

/** One object, the status it should have, and the shape in which its kind has a status. */
export interface WantedStatus {
  readonly kind: Kind;
  readonly object: PolicyObject;
  readonly shape: StatusShape;
  readonly status: WantedPolicyStatus;
}
