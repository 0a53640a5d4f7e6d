import type { MeshConfig } from '../api/gen/mesh-config.ts';
import { meshNameOf } from '../api/mesh-name.ts';
import { rotationSettingsOf } from '../api/rotation-settings.ts';
import { validateSpec } from '../api/validate-mesh-config.ts';
import type { MeshMembership } from '../cluster/mesh-membership.ts';
import type { Followed } from '../common/topic.ts';
import type { ObjectStore } from '../kubernetes/store.ts';
import type { MeshSettings } from '../policy/mesh-settings.ts';
import { type ClusterFacts, meshSettings } from './mesh-settings.ts';
import type { ControlPlaneOptions } from './options.ts';

type Spec = MeshConfig['spec'];

/**
 * The MeshConfig's spec. The last valid spec stays in force while an edit is invalid (the operator says why in the
 * status), and after the object is deleted, so that a mesh that is being taken down serves its traffic to the end. The
 * value is undefined before a valid spec was read.
 */
export class MeshConfigInForce implements Followed<Spec | undefined> {
  readonly #store: ObjectStore<MeshConfig>;
  readonly #options: Pick<ControlPlaneOptions, 'namespace' | 'meshConfig'>;
  readonly #facts: ClusterFacts;
  #validated: MeshConfig | undefined;
  #last: Spec | undefined;

  constructor(store: ObjectStore<MeshConfig>, options: ControlPlaneOptions) {
    const { clusterDomain, podIps } = options;
    this.#store = store;
    this.#options = options;
    this.#facts = { clusterDomain, ipv6: podIps.some((ip) => ip.includes(':')) };
  }

  get value(): Spec | undefined {
    const { found } = this;
    if (found !== this.#validated) {
      this.#validated = found;
      if (found !== undefined && validateSpec(found).length === 0) this.#last = found.spec;
    }
    return this.#last;
  }

  follow(changed: () => void): () => void {
    return this.#store.subscribe(() => changed());
  }

  /** The object as it is in the cluster, valid or not. */
  get found(): MeshConfig | undefined {
    const { namespace, meshConfig } = this.#options;
    return this.#store.objects.get(`${namespace}/${meshConfig}`);
  }

  /** Whether the mesh is being taken down: its MeshConfig is deleted, or was there and is gone. */
  get ending(): boolean {
    const { found, value } = this;
    if (found === undefined) return value !== undefined;
    return found.metadata.deletionTimestamp !== undefined;
  }

  get settings(): MeshSettings {
    return meshSettings(this.value, this.#facts);
  }

  /** Which namespaces belong to the mesh. The mesh's name never changes, and counts from the first valid spec. */
  get membership(): MeshMembership {
    const meshName = meshNameOf(this.value ?? {});
    return { meshName, controlPlaneNamespace: this.#options.namespace };
  }

  /** The pods that a switch of roots does not wait for, by the MeshConfig. */
  get setAside(): readonly string[] {
    return this.value === undefined ? [] : rotationSettingsOf(this.value).setAside;
  }
}
