import type { KubernetesObject } from '../api/core.ts';
import type { PolicyStatus } from './policy-status.ts';

/** What the cache keeps of the status that Weft wrote on an object, whatever the shape of the status. */
export interface KeptStatus extends Partial<PolicyStatus> {
  /** For a kind with a status per parent: the parents whose entry has `conditions`, as `refKey` names them. */
  readonly parents?: readonly string[];
}

/** An object whose status Weft writes, as the cache holds it. */
export interface PolicyObject extends KubernetesObject {
  readonly status?: KeptStatus;
}
