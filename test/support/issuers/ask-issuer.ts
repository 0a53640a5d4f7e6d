import type { Issuer, Leaf, LeafRequest } from '../../../src/certificates/issuer.ts';
import { identityKey } from '../../../src/policy/identity.ts';
import { until } from '../time/until.ts';

/** An issuer that a test asks. */
interface Asked {
  readonly issuer: Issuer;
}

const account = identityKey({ namespace: 'shop', serviceAccount: 'cart' });

/** A leaf of a workload for an hour, of the default key. */
export const workloadRequest: LeafRequest = {
  subject: { kind: 'workload', trustDomain: 'cluster.local', account },
  validityMs: 3_600_000,
  keyKind: 'P-256',
};

/** A leaf for that request, but for `change`, within half a minute. */
export function issue({ issuer }: Asked, change: Partial<LeafRequest> = {}): Promise<Leaf> {
  return issuer.issue({ ...workloadRequest, ...change }, AbortSignal.timeout(30_000));
}

/** The failure of the issuer, once it has one. */
export async function trouble({ issuer }: Asked): Promise<{ code: string; message: string }> {
  await until(() => issuer.lastFailure() !== undefined, { withinMs: 20_000 });
  return issuer.lastFailure()!;
}

/** The same, once it has an authority to sign with. */
export async function ready<One extends Asked>(one: One): Promise<One> {
  await until(() => one.issuer.authority() !== undefined, { withinMs: 20_000 });
  return one;
}
