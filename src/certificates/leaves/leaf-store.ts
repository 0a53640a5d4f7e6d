import type { IdentityKey } from '../../policy/identity.ts';
import type { Leaf } from '../issuer.ts';
import { Rotator, type LeafHealth, type RotatorOptions } from './rotator.ts';
import type { KeyKind } from '../../x509/key-pair.ts';
import { shortestValidityMs } from './validity.ts';

export interface LeafStoreOptions extends Omit<RotatorOptions<IdentityKey>, 'requestFor'> {
  /** Read at each issue: a change applies to the next leaf, and a new trust domain to all leaves within a minute. */
  readonly trustDomain: () => string;
  /** Milliseconds; validity.ts reads them from MeshConfig. Less than 10 min counts as 10 min. */
  readonly validity: () => number;
  readonly keyKind?: () => KeyKind;
}

/** The leaves of the mesh's workloads, by service account. */
export interface LeafStore {
  /** Undefined until the first leaf is issued; this call starts that. */
  leafOf(account: IdentityKey): Leaf | undefined;
  /** Calls back with accounts that have a new leaf. Returns a function that stops this. */
  onChange(callback: (accounts: readonly IdentityKey[]) => void): () => void;
  /** Forgets the leaves of all other accounts. */
  retain(accounts: ReadonlySet<IdentityKey>): void;
  /** Checks every leaf now: call it when the trust domain changed. */
  review(): void;
  /** Issues and renews until the signal aborts. */
  run(signal: AbortSignal): Promise<void>;
  health(): LeafHealth;
  /** The accounts that have a leaf here, and those that wait for their first one. */
  keys(): { readonly held: readonly IdentityKey[]; readonly waiting: readonly IdentityKey[] };
}

/** Issues nothing until it runs. */
export function createLeafStore(options: LeafStoreOptions): LeafStore {
  const { trustDomain, validity, keyKind = () => 'P-256', ...rest } = options;
  return new Rotator<IdentityKey>({
    ...rest,
    requestFor: (account) => ({
      subject: { kind: 'workload', trustDomain: trustDomain(), account },
      validityMs: Math.max(validity(), shortestValidityMs),
      keyKind: keyKind(),
    }),
  });
}
