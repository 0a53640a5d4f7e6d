import type { Leaf, Issuer } from '../certificates/issuer.ts';
import type { LeafStore } from '../certificates/leaf-store.ts';
import type { TrustBundle } from '../certificates/trust-bundle.ts';
import type { Resource } from '../xds/resources/resource.ts';
import type { SecretSource } from '../xds/resources/secret-source.ts';
import { trustResource, workloadResource } from '../xds/resources/secrets.ts';

/** What was encoded for a leaf, and the trust bundle's resource that went with it. */
interface Encoded {
  readonly trust: Resource;
  readonly all: readonly Resource[];
}

/**
 * The SDS secrets of each identity, encoded once a leaf and once a trust bundle: the same leaf yields
 * the very same resources. Asking for an identity without a leaf starts its issue.
 */
export function createWorkloadSecrets(leaves: LeafStore, issuer: Issuer): SecretSource {
  const ofLeaf = new WeakMap<Leaf, Encoded>();
  const ofBundle = new WeakMap<TrustBundle, Resource>();

  const trustOf = (bundle: TrustBundle): Resource => {
    const known = ofBundle.get(bundle);
    if (known !== undefined) return known;
    const made = trustResource(bundle.pem);
    ofBundle.set(bundle, made);
    return made;
  };
  return {
    secretsOf(account) {
      const leaf = leaves.leafOf(account);
      const bundle = issuer.authority()?.bundle;
      if (leaf === undefined || bundle === undefined) return undefined;
      const trust = trustOf(bundle);
      const known = ofLeaf.get(leaf);
      if (known?.trust === trust) return known.all;
      const all = [workloadResource(leaf.certificateChain, leaf.privateKey), trust];
      ofLeaf.set(leaf, { trust, all });
      return all;
    },
  };
}
