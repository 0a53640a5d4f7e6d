import { bootstrapConfigMap } from '../api/control-plane-names.ts';
import { tokenAudience } from '../api/labels.ts';
import { bootstrapVolume, tokenVolume } from './names.ts';

/**
 * The sidecar's volumes: its bootstrap, which the control plane keeps in every namespace of the mesh (a pod that comes
 * first waits for it), and a separate token, whether or not the pod mounts a token (docs/decisions/0043).
 */
export function sidecarVolumes(): readonly ({ readonly name: string } & Readonly<
  Record<string, unknown>
>)[] {
  const serviceAccountToken = { audience: tokenAudience, expirationSeconds: 3600, path: 'token' };
  return [
    { name: bootstrapVolume, configMap: { name: bootstrapConfigMap } },
    { name: tokenVolume, projected: { sources: [{ serviceAccountToken }] } },
  ];
}

/**
 * A mount over the place of the Kubernetes API token. The API server mounts that token into every container that has no
 * mount there, also into containers that a webhook added, and neither of ours needs it.
 */
export const noApiToken = {
  name: bootstrapVolume,
  mountPath: '/var/run/secrets/kubernetes.io/serviceaccount',
  readOnly: true,
} as const;
