import type { ConfigMap, KubernetesObject, Namespace, PodTemplate } from '../api/core.ts';
import type { MeshConfig } from '../api/gen/mesh-config.ts';
import type { MeshRootCertificate } from '../api/gen/mesh-root-certificate.ts';
import { kinds, type Kind } from '../api/kinds.ts';
import { reportedAtKey } from '../api/mesh-report.ts';
import type { ApiConnection } from '../kubernetes/connect.ts';
import { type Reflector, reflect } from '../kubernetes/reflector.ts';
import type { ReflectorDeps } from '../kubernetes/reflector-options.ts';
import { identify } from './desired.ts';
import {
  caBundleConfigMap,
  certificatesConfigMap,
  proxiesConfigMap,
} from '../api/control-plane-names.ts';
import { imagesName, ownedSelector } from './names.ts';
import type { Owned } from './prune.ts';
import { ReportPulse } from './report-pulse.ts';

/** Every kind that the operator creates. */
const ownedKinds: readonly Kind[] = [
  kinds.serviceAccount,
  kinds.clusterRole,
  kinds.clusterRoleBinding,
  kinds.role,
  kinds.roleBinding,
  kinds.deployment,
  kinds.service,
  kinds.podDisruptionBudget,
  kinds.horizontalPodAutoscaler,
  kinds.validatingWebhookConfiguration,
  kinds.mutatingWebhookConfiguration,
];

/**
 * What the operator sees of the cluster: all MeshConfigs, its namespace and the MeshRootCertificates in it,
 * its own objects by their label, and by name the images of the install and three ConfigMaps of the control plane.
 * Each change of them is reported at once.
 */
export class OperatorWatches {
  readonly meshConfigs: Reflector<MeshConfig>;
  readonly #home: Reflector<Namespace>;
  readonly #roots: Reflector<MeshRootCertificate>;
  readonly #owned: ReadonlyMap<Kind, Reflector<KubernetesObject>>;
  readonly #images: Reflector<PodTemplate>;
  readonly #caBundle: Reflector<ConfigMap>;
  readonly #proxies: Reflector<ConfigMap>;
  readonly #certificates: Reflector<ConfigMap>;
  readonly #pulse = new ReportPulse();

  constructor(client: ApiConnection, namespace: string, deps: ReflectorDeps) {
    const configMap = (name: string): Reflector<ConfigMap> =>
      reflect(client, kinds.configMap, {
        ...{ namespace, fieldSelector: `metadata.name=${name}` },
        ...deps,
      });
    const own = (kind: Kind): Reflector<KubernetesObject> => {
      const scope = kind.namespaced ? { namespace } : {};
      return reflect(client, kind, { ...scope, labelSelector: ownedSelector, ...deps });
    };
    this.meshConfigs = reflect<MeshConfig>(client, kinds.meshConfig, deps);
    const itself = { fieldSelector: `metadata.name=${namespace}` };
    this.#home = reflect<Namespace>(client, kinds.namespace, { ...itself, ...deps });
    this.#roots = reflect<MeshRootCertificate>(client, kinds.meshRootCertificate, {
      namespace,
      ...deps,
    });
    this.#owned = new Map(ownedKinds.map((kind) => [kind, own(kind)]));
    const images = { namespace, fieldSelector: `metadata.name=${imagesName}` };
    this.#images = reflect<PodTemplate>(client, kinds.podTemplate, { ...images, ...deps });
    this.#caBundle = configMap(caBundleConfigMap);
    this.#proxies = configMap(proxiesConfigMap);
    this.#certificates = configMap(certificatesConfigMap);
    this.#proxies.subscribe(() => {
      this.#pulse.observe(this.proxies?.data?.[reportedAtKey], deps.clock.now());
    });
  }

  /** When the control plane reported last, if it has been silent for too long since. */
  reportSilentSince(now: number): string | undefined {
    return this.#pulse.silentSince(now);
  }

  /** The namespace of the mesh. */
  get home(): Namespace | undefined {
    return first(this.#home);
  }

  /** All existing objects of the operator. */
  get owned(): readonly Owned[] {
    return [...this.#owned].flatMap(([kind, store]) =>
      [...store.objects.values()].map((object) => ({ kind, object })),
    );
  }

  /** The same by identity. */
  get live(): ReadonlyMap<string, KubernetesObject> {
    return new Map(
      this.owned.map(({ kind, object }) => [identify(kind, object.metadata.name), object]),
    );
  }

  /** The images that this install names. */
  get images(): PodTemplate | undefined {
    return first(this.#images);
  }

  get caBundle(): ConfigMap | undefined {
    return first(this.#caBundle);
  }

  get proxies(): ConfigMap | undefined {
    return first(this.#proxies);
  }

  get certificates(): ConfigMap | undefined {
    return first(this.#certificates);
  }

  get roots(): readonly MeshRootCertificate[] {
    return [...this.#roots.objects.values()];
  }

  /** What is not listed yet, in words; undefined when everything is. */
  get unseen(): string | undefined {
    const missing = this.#all.filter(({ synced }) => !synced).length;
    return missing === 0 ? undefined : `${missing} kinds are not listed yet`;
  }

  /** Follows the API server until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    await Promise.all(this.#all.map((store) => store.run(signal)));
  }

  /** Resolves when all there is has been seen once. */
  async whenSynced(signal: AbortSignal): Promise<void> {
    await Promise.all(this.#all.map((store) => store.whenSynced(signal)));
  }

  /** Calls back after every change; returns the way to stop it. */
  subscribe(onChange: () => void): () => void {
    const stops = this.#all.map((store) => store.subscribe(onChange));
    return () => {
      for (const stop of stops) stop();
    };
  }

  get #all(): readonly Pick<
    Reflector<KubernetesObject>,
    'run' | 'whenSynced' | 'synced' | 'subscribe'
  >[] {
    const byName = [this.#images, this.#caBundle, this.#proxies, this.#certificates];
    return [this.meshConfigs, this.#home, this.#roots, ...this.#owned.values(), ...byName];
  }
}

function first<T extends KubernetesObject>(store: Reflector<T>): T | undefined {
  const [object] = store.objects.values();
  return object;
}
