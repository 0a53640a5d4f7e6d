import type { MeshConfig } from '../../../src/api/gen/mesh-config.ts';
import { type Named, makeMetadata } from './make-object.ts';

export interface MeshConfigOptions extends Named {
  readonly uid?: string;
  readonly deletionTimestamp?: string;
  readonly spec?: MeshConfig['spec'];
  readonly status?: MeshConfig['status'];
}

/** MeshConfig weft-system/osm-mesh-config with an empty spec, unless set otherwise. */
export function makeMeshConfig(options: MeshConfigOptions = {}): MeshConfig {
  const { spec = {}, status, uid, deletionTimestamp } = options;
  const metadata = makeMetadata({ namespace: 'weft-system', ...options }, 'osm-mesh-config');
  return {
    apiVersion: 'config.openservicemesh.io/v1alpha2',
    kind: 'MeshConfig',
    metadata: {
      ...metadata,
      ...(uid === undefined ? {} : { uid }),
      ...(deletionTimestamp === undefined ? {} : { deletionTimestamp }),
    },
    spec,
    ...(status === undefined ? {} : { status }),
  };
}
