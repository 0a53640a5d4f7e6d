import type { MeshConfig } from '../api/gen/mesh-config.ts';
import { cipherSuites, ecdhCurves } from '../api/tls.ts';
import { trafficAllowed } from '../api/traffic-allowed.ts';
import type { MeshSettings } from '../policy/mesh-settings.ts';

/** The input of settings besides the MeshConfig, read once when the process starts. */
export interface ClusterFacts {
  readonly clusterDomain: string;
  readonly ipv6: boolean;
}

type Spec = MeshConfig['spec'];

/** Leaves out names that Envoy does not know: with one of them Envoy would refuse its whole configuration. */
function tlsOf(sidecar: NonNullable<Spec['sidecar']>): MeshSettings['tls'] {
  return {
    minProtocolVersion: sidecar.tlsMinProtocolVersion ?? 'TLSv1_2',
    maxProtocolVersion: sidecar.tlsMaxProtocolVersion ?? 'TLSv1_3',
    cipherSuites: (sidecar.cipherSuites ?? []).filter((word) => cipherSuites.includes(word)),
    ecdhCurves: (sidecar.ecdhCurves ?? []).filter((word) => ecdhCurves.includes(word)),
  };
}

function trafficOf(
  traffic: NonNullable<Spec['traffic']>,
): Pick<MeshSettings, 'permissive' | 'egress' | 'pathMatch'> {
  return {
    ...trafficAllowed(traffic),
    pathMatch: traffic.httpPathMatch ?? 'Prefix',
  };
}

const closed: Spec = {
  traffic: { enablePermissiveTrafficPolicyMode: false, enableEgress: false },
};

/**
 * The settings of a MeshConfig. Absent fields count as the CRD's defaults. Without any
 * MeshConfig nothing is allowed: not permissive, no egress.
 */
export function meshSettings(spec: Spec | undefined, facts: ClusterFacts): MeshSettings {
  return {
    ...facts,
    ...trafficOf((spec ?? closed).traffic ?? {}),
    tls: tlsOf(spec?.sidecar ?? {}),
  };
}
