import { bootstrapConfigMap, tokenAudience } from '../api/labels.ts';
import { bootstrapVolume, tokenVolume } from './names.ts';

/**
 * The sidecar's volumes: its bootstrap, which the control plane keeps in every namespace of the mesh
 * (a pod that comes first waits for it), and a token of its own, whether or not the pod mounts one.
 */
export function sidecarVolumes(): readonly object[] {
  const serviceAccountToken = { audience: tokenAudience, expirationSeconds: 3600, path: 'token' };
  return [
    { name: bootstrapVolume, configMap: { name: bootstrapConfigMap } },
    { name: tokenVolume, projected: { sources: [{ serviceAccountToken }] } },
  ];
}
