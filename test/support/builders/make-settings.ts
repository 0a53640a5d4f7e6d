import type { MeshSettings } from '../../../src/policy/mesh-settings.ts';

/** The settings of a MeshConfig that says nothing, but with permissive mode off. */
export function makeSettings(settings: Partial<MeshSettings> = {}): MeshSettings {
  return {
    clusterDomain: 'cluster.local',
    permissive: false,
    egress: false,
    pathMatch: 'Prefix',
    ipv6: false,
    tls: {
      minProtocolVersion: 'TLSv1_2',
      maxProtocolVersion: 'TLSv1_3',
      cipherSuites: [],
      ecdhCurves: [],
    },
    ...settings,
  };
}
