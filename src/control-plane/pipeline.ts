import { applyChanges, type ClusterChange, type ClusterSnapshot } from '../cluster/snapshot.ts';
import { Lingering } from '../policy/lingering.ts';
import type { MeshModel } from '../policy/mesh-model.ts';
import type { MeshSettings } from '../policy/mesh-settings.ts';
import { createViews } from '../policy/view-of.ts';
import { type CompiledMesh, compileMesh } from '../mesh/compile.ts';
import { createAssembler } from '../xds/resources/resource-set.ts';
import type { ResourceSet } from '../xds/resources/resource.ts';
import type { SecretSource } from '../xds/resources/secret-source.ts';
import type { Proxy } from '../policy/proxy.ts';

export interface PipelineDeps {
  /** The snapshot before any change; read at the first run. */
  readonly start: () => ClusterSnapshot;
  readonly settings: () => MeshSettings;
  readonly secrets: SecretSource;
  /** Hands over the resources of each proxy from now on; undefined for a pod that is not in the model yet. */
  readonly publish: (setOf: (proxy: Proxy) => ResourceSet | undefined) => void;
  /** With the seconds it took to compile. */
  readonly onCompiled: (compiled: CompiledMesh, seconds: number) => void;
  readonly now: () => number;
}

/**
 * Turns changes of the cluster into the resources of every proxy: the pure stages in a row. Changes gather until `run`.
 * A run that finds nothing new publishes nothing.
 */
export class Pipeline {
  readonly #deps: PipelineDeps;
  readonly #views = createViews();
  readonly #assembler = createAssembler();
  readonly #lingering = new Lingering();
  #waiting: ClusterChange[] = [];
  #snapshot: ClusterSnapshot | undefined;
  #compiled: CompiledMesh | undefined;
  /** The workloads that proxies get: the compiled workloads, with the ports that linger (Lingering). */
  #workloads: MeshModel['workloads'] = new Map();
  #secretsChanged = false;

  constructor(deps: PipelineDeps) {
    this.#deps = deps;
  }

  get compiled(): CompiledMesh | undefined {
    return this.#compiled;
  }

  gather(changes: readonly ClusterChange[]): void {
    this.#waiting.push(...changes);
  }

  /** Certificates changed: the next run publishes even if nothing else changed. */
  renewSecrets(): void {
    this.#secretsChanged = true;
  }

  /**
   * Compiles what is new and publishes the result. Returns the milliseconds after which it must run again even if
   * nothing changes; undefined: not at all.
   */
  run(): number | undefined {
    const snapshot = applyChanges(this.#snapshot ?? this.#deps.start(), this.#waiting);
    const settings = this.#settings();
    const before = this.#compiled;
    const isNew = before?.snapshot !== snapshot || before.settings !== settings;
    if (isNew) {
      const began = performance.now();
      this.#compiled = { ...compileMesh(snapshot, settings, before), snapshot, settings };
      this.#snapshot = snapshot;
      this.#deps.onCompiled(this.#compiled, (performance.now() - began) / 1000);
    }
    // Dropped only now, so that a stage that throws loses no change.
    this.#waiting = [];
    const workloads = this.#workloads;
    const again = this.#linger();
    if (!isNew && !this.#secretsChanged && workloads === this.#workloads) return again;
    this.#secretsChanged = false;
    this.#publish();
    return again;
  }

  #linger(): number | undefined {
    const given = this.#compiled?.model.workloads;
    if (given === undefined) return undefined;
    const now = this.#deps.now();
    this.#workloads = this.#lingering.workloads(given, now);
    const { next } = this.#lingering;
    return next === undefined ? undefined : next - now;
  }

  /** Equal settings are the same object, so that nothing downstream thinks they are new. */
  #settings(): MeshSettings {
    const settings = this.#deps.settings();
    const before = this.#compiled?.settings;
    return before !== undefined && JSON.stringify(before) === JSON.stringify(settings)
      ? before
      : settings;
  }

  /**
   * The resources that the proxy of the pod with that uid would be offered, without secrets: this issues none.
   * Undefined while the pod is not in the model.
   */
  wouldOffer(uid: string): ResourceSet | undefined {
    const model = this.#compiled?.model;
    const workload = this.#workloads.get(uid);
    if (model === undefined || workload === undefined) return undefined;
    return this.#assembler.assembleAgain(this.#views.viewOf(model, workload), model.endpoints);
  }

  #publish(): void {
    const model = this.#compiled?.model;
    if (model === undefined) return;
    this.#deps.publish((proxy) => {
      const workload = this.#workloads.get(proxy.uid);
      if (workload === undefined) return undefined;
      const view = this.#views.viewOf(model, workload);
      return this.#assembler.assemble(
        view,
        model.endpoints,
        this.#deps.secrets.secretsOf(proxy.account),
      );
    });
  }
}
