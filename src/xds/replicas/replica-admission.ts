import { WeftError } from '../../common/errors.ts';
import type { IdentityKey } from '../../policy/identity.ts';
import type { Entry } from '../port/entry.ts';
import { admit, type AdmissionOptions, type EnteringCall } from '../port/admission.ts';
import type { Proxy } from '../../policy/proxy.ts';

export interface ReplicaAdmission extends AdmissionOptions {
  /** The control plane's own ServiceAccount: only this account is admitted. */
  readonly replicas: IdentityKey;
}

/**
 * The replica that calls: a pod that, according to the API server, runs as the control plane (docs/decisions/0070).
 * Nothing of the call is read before that is known. Rejects like `admit`.
 */
export async function admitReplica(
  call: EnteringCall,
  entry: Entry,
  options: ReplicaAdmission,
): Promise<Proxy> {
  try {
    const caller = await admit(call, options);
    if (caller.account !== options.replicas)
      throw new WeftError('not-authenticated', 'not a replica of the control plane');
    entry.admitted(caller.uid);
    call.once('cancelled', () => entry.ended(false));
    return caller;
  } catch (error) {
    entry.refused();
    throw error;
  }
}
