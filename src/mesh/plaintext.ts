import type { MeshSettings } from '../policy/mesh-settings.ts';

/**
 * Which endpoints without a sidecar are called, in plaintext: none; pods of the service's own namespace;
 * or these and every address outside the mesh.
 */
export type Plaintext = 'none' | 'own-pods' | 'any';

/**
 * In strict mode a proxy calls only endpoints that prove their identity. In permissive mode it calls a pod of the
 * mesh's namespaces that has no sidecar yet in plaintext; an address outside the mesh is egress (docs/decisions/0076).
 */
export function plaintextIn({ permissive, egress }: MeshSettings): Plaintext {
  if (!permissive) return 'none';
  return egress ? 'any' : 'own-pods';
}
