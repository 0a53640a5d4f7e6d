import { create } from '@bufbuild/protobuf';
import type { LeafStore } from '../certificates/leaf-store.ts';
import type { Issuer, Leaf } from '../certificates/issuer.ts';
import type { TrustBundle } from '../certificates/trust-bundle.ts';
import { SecretSchema } from '../envoy/gen/envoy/extensions/transport_sockets/tls/v3/secret_pb.js';
import type { IdentityKey } from '../policy/identity.ts';
import { resourceOf } from '../xds/resources/resource-of.ts';
import type { Resource } from '../xds/resources/resource.ts';
import { trustSecret, workloadSecret, type SecretSource } from '../xds/resources/secret-source.ts';

function workloadResource(leaf: Leaf): Resource {
  const message = create(SecretSchema, {
    name: workloadSecret,
    type: {
      case: 'tlsCertificate',
      value: {
        certificateChain: inline(leaf.certificateChain),
        privateKey: inline(leaf.privateKey.reveal()),
      },
    },
  });
  return resourceOf('secret', message, []);
}

function trustResource(bundle: TrustBundle): Resource {
  const message = create(SecretSchema, {
    name: trustSecret,
    type: { case: 'validationContext', value: { trustedCa: inline(bundle.pem) } },
  });
  return resourceOf('secret', message, []);
}

function inline(text: string): { specifier: { case: 'inlineString'; value: string } } {
  return { specifier: { case: 'inlineString', value: text } };
}

/**
 * The SDS secrets of each identity, encoded once a leaf and once a trust bundle: the same leaf yields
 * the very same resources. Asking for an identity without a leaf starts its issue.
 */
export function createWorkloadSecrets(leaves: LeafStore, issuer: Issuer): SecretSource {
  const ofLeaf = new WeakMap<
    Leaf,
    { readonly trust: Resource; readonly all: readonly Resource[] }
  >();
  const ofBundle = new WeakMap<TrustBundle, Resource>();

  const trustOf = (bundle: TrustBundle): Resource => {
    const known = ofBundle.get(bundle);
    if (known !== undefined) return known;
    const made = trustResource(bundle);
    ofBundle.set(bundle, made);
    return made;
  };
  return {
    secretsOf(account: IdentityKey): readonly Resource[] | undefined {
      const leaf = leaves.leafOf(account);
      const bundle = issuer.authority()?.bundle;
      if (leaf === undefined || bundle === undefined) return undefined;
      const trust = trustOf(bundle);
      const known = ofLeaf.get(leaf);
      if (known?.trust === trust) return known.all;
      const all = [workloadResource(leaf), trust];
      ofLeaf.set(leaf, { trust, all });
      return all;
    },
  };
}
