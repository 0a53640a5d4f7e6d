import type { IdentityKey } from '../../policy/identity.ts';
import type { Resource } from './resource.ts';

/** Names of the SDS resources; the same for every proxy. */
export const workloadSecret = 'workload';
export const trustSecret = 'ca:trust';

/** What xds needs of certificates; control-plane connects the two. */
export interface SecretSource {
  /**
   * The `workload` and `ca:trust` secrets of an identity. Undefined while none could be issued yet:
   * the proxy is then offered no secrets and its listeners wait.
   */
  secretsOf(account: IdentityKey): readonly Resource[] | undefined;
}
