import type { Leaf } from '../certificates/issuer.ts';
import { rootOfSigner, type IssuingPlan } from '../certificates/issuing-plan.ts';
import type { Issuing } from '../certificates/plan/issuing.ts';
import type { Changing } from '../common/topic.ts';
import type { MeshTrust } from '../certificates/plan/mesh-trust.ts';
import type { Origin } from '../policy/origin.ts';
import { encode } from '../xds/resources/encode.ts';
import type { Resource } from '../xds/resources/resource.ts';
import type { SecretSource } from '../xds/resources/secret-source.ts';
import { trustResource, workloadResource } from '../xds/resources/secrets.ts';

/** The origins of a proxy's leaf and trusted roots; an ACK of them is evidence about these origins. */
export const leafOrigin = { kind: 'Leaf', namespace: '', name: 'mesh' } as const;
export const trustOrigin = { kind: 'TrustBundle', namespace: '', name: 'mesh' } as const;

/** The encoded resources of a leaf, with the trust bundle's resource. */
interface Encoded {
  readonly trust: Resource;
  readonly generation: number;
  readonly all: readonly Resource[];
}

/**
 * The SDS secrets of each identity, encoded once for each leaf and trust bundle: the same leaf yields the very same
 * resources. Each resource names its plan step, so that its ACK proves that step. A request for an identity without a
 * leaf starts its issue.
 */
export function createWorkloadSecrets({
  leaves,
  issuers,
  secretChanges,
}: Pick<Issuing, 'leaves' | 'issuers' | 'secretChanges'>): SecretSource & Changing {
  const ofLeaf = new WeakMap<Leaf, Encoded>();
  const trustOf = createTrustResource();
  return {
    follow: (changed) => secretChanges.follow(changed),
    secretsOf(account) {
      const leaf = leaves.leafOf(account);
      const [plan, meshTrust] = [issuers.plan, issuers.trust()];
      if (leaf === undefined || plan === undefined || meshTrust === undefined) return undefined;
      const trust = trustOf(meshTrust, plan.trustedStep);
      const generation = generationOf(leaf, plan);
      const known = ofLeaf.get(leaf);
      if (known?.trust === trust && known.generation === generation) return known.all;
      const origins: readonly Origin[] = [{ ...leafOrigin, generation }];
      const own = encode(workloadResource(leaf.certificateChain, leaf.privateKey, origins));
      const all = [own, trust];
      ofLeaf.set(leaf, { trust, generation, all });
      return all;
    },
  };
}

/**
 * The plan step that an ACK of this leaf proves: `signerStep` if the current signer issued it, otherwise the step
 * before (docs/decisions/0060).
 */
function generationOf(leaf: Leaf, { signer, signerStep }: IssuingPlan): number {
  return rootOfSigner(leaf.signer) === signer.name ? signerStep : signerStep - 1;
}

function createTrustResource(): (trust: MeshTrust, generation: number) => Resource {
  let last: { trust: MeshTrust; generation: number; resource: Resource } | undefined;
  return (trust, generation) => {
    if (last?.trust !== trust || last.generation !== generation) {
      const resource = encode(trustResource(trust.domains, [{ ...trustOrigin, generation }]));
      last = { trust, generation, resource };
    }
    return last.resource;
  };
}
