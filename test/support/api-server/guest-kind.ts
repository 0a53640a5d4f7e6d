import type { KubernetesObject } from '../../../src/api/core.ts';
import { type Kind, kind } from '../../../src/api/kinds.ts';

const definitions: Kind = {
  ...kind('apiextensions.k8s.io/v1', 'CustomResourceDefinition', 'customresourcedefinitions'),
  namespaced: false,
};

/** A kind that Weft does not install, and the CRD that brings it to the cluster. */
export interface GuestKind {
  readonly guest: Kind;
  readonly definitions: Kind;
  readonly definition: KubernetesObject & { readonly spec: unknown };
}

/** The kind Guest of an API group of its own. `properties` are the schemas of `spec` and `status`. */
export function guestKind(group: string, properties: object = {}): GuestKind {
  const schema = { openAPIV3Schema: { type: 'object', properties } };
  const version = { name: 'v1', served: true, storage: true, subresources: { status: {} }, schema };
  return {
    guest: kind(`${group}/v1`, 'Guest', 'guests'),
    definitions,
    definition: {
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: definitions.kind,
      metadata: { name: `guests.${group}` },
      spec: {
        group,
        scope: 'Namespaced',
        names: { kind: 'Guest', plural: 'guests', singular: 'guest' },
        versions: [version],
      },
    },
  };
}
