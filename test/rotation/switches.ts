import {
  builtInProvider,
  certManagerProvider,
  type Provider,
  vaultProvider,
} from '../../tools/issuers/provider.ts';

/** A root that the mesh can have. */
export interface Root {
  readonly name: string;
  readonly provider: Provider;
}

/**
 * Two roots of each provider; of the outside issuers one signs an intermediate, the other every leaf.
 * A Secret called as Weft calls its own would do for the first as well, so the second is not.
 */
const roots = {
  own: { name: 'built-in, weft-ca', provider: builtInProvider() },
  own2: { name: 'built-in, second-ca', provider: builtInProvider('second-ca') },
  issuer: { name: 'cert-manager, mesh-ca', provider: certManagerProvider('mesh-ca') },
  issuer2: {
    name: 'cert-manager, mesh-ca-2 leaf by leaf',
    provider: certManagerProvider('mesh-ca-2', 'leaf'),
  },
  vault: { name: 'Vault, pki', provider: vaultProvider('pki') },
  vault2: {
    name: 'Vault, pki-2 leaf by leaf, by token',
    provider: vaultProvider('pki-2', 'leaf', 'token'),
  },
} satisfies Readonly<Record<string, Root>>;

/** Where a mesh begins. */
export const start: Root = roots.own;

/** Where it goes from there, one after the other: every ordered pair of providers, also of one with itself. */
export const way: readonly Root[] = [
  roots.own2,
  roots.issuer,
  roots.issuer2,
  roots.vault,
  roots.vault2,
  roots.own,
  roots.vault,
  roots.issuer,
  roots.own2,
];
