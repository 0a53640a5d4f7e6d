import type { Namespace } from '../api/core.ts';
import type { SidecarSettings, TrafficSettings } from '../api/sidecar-spec.ts';

/** All that an injection depends on besides the request itself: one consistent look at the cluster. */
export interface InjectorFacts {
  readonly meshName: string;
  readonly controlPlaneNamespace: string;
  /** The images for a MeshConfig that names none. */
  readonly images: { readonly envoy: string; readonly init: string };
  readonly sidecar: SidecarSettings;
  readonly traffic: TrafficSettings;
  readonly namespace: (name: string) => Namespace | undefined;
}
