/** The name of the mesh that a MeshConfig describes; the default is the CRD's. */
export function meshNameOf({ meshName = 'osm' }: { readonly meshName?: string }): string {
  return meshName;
}
