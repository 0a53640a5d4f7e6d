import type { KubernetesObject } from '../../../src/api/core.ts';
import { kinds, type Kind } from '../../../src/api/kinds.ts';
import { controlPlane, namespace, type OperatorRig } from './operator-on-api-server.ts';

/** What tests read of any object that the operator makes. */
export interface Body extends KubernetesObject {
  readonly spec?: {
    readonly replicas?: number;
    readonly template?: { readonly spec: { readonly containers: readonly Body['spec'][] } };
    readonly ports?: readonly { readonly name: string }[];
    readonly image?: string;
  };
  readonly subjects?: readonly object[];
  readonly rules?: readonly object[];
  readonly webhooks?: readonly { readonly clientConfig: { readonly caBundle: string } }[];
}

export const injector = 'weft-injector';
export const validator = 'weft-validator';
/** Role and RoleBinding that are there as long as the MeshConfig. */
export const grant = 'weft-mesh';
/** What is there before the control plane answers; all of these have its name. */
export const core: readonly Kind[] = [
  kinds.serviceAccount,
  kinds.clusterRole,
  kinds.clusterRoleBinding,
  kinds.role,
  kinds.roleBinding,
  kinds.deployment,
  kinds.service,
  kinds.podDisruptionBudget,
];
/** All that the operator makes for a mesh, kind and name. */
export const everything: readonly (readonly [Kind, string])[] = [
  ...core.map((kind) => [kind, controlPlane] as const),
  [kinds.role, grant],
  [kinds.roleBinding, grant],
  [kinds.mutatingWebhookConfiguration, injector],
  [kinds.validatingWebhookConfiguration, validator],
];

/** Rows with the kind in words before them, for the tests' titles. */
export function named<Row extends readonly [Kind, ...unknown[]]>(
  rows: readonly Row[],
): readonly (readonly [string, ...Row])[] {
  return rows.map((row) => [row[0].kind, ...row] as const);
}

/** The object of that name, in the mesh's namespace if its kind has one. */
export function refOf(kind: Kind, name: string): { kind: Kind; name: string; namespace?: string } {
  return { kind, name, ...(kind.namespaced ? { namespace } : {}) };
}

/** Edits the MeshConfig as a user would. */
export function patchSpec({ kubectl }: OperatorRig, spec: unknown): Promise<string> {
  const patch = JSON.stringify({ spec });
  const which = ['meshconfig', 'osm-mesh-config', '-n', namespace];
  return kubectl('patch', ...which, '--type=merge', '-p', patch);
}

/** Requests of the operator that could change something, but for its Lease. */
export function writes({ proxy }: OperatorRig): number {
  return proxy.asked.filter(
    ({ verb, resource }) => !['get', 'list', 'watch'].includes(verb) && resource !== 'leases',
  ).length;
}
