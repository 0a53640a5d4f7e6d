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
  readonly start: ClusterSnapshot;
  readonly settings: () => MeshSettings;
  readonly secrets: SecretSource;
  /** What each proxy is to have from now on; undefined while it is not known what a pod is. */
  readonly publish: (setOf: (proxy: Proxy) => ResourceSet | undefined) => void;
  /** With the seconds it took to compile. */
  readonly onCompiled: (compiled: CompiledMesh, seconds: number) => void;
  readonly now: () => number;
  /** Asks for a run that many milliseconds from now, in place of what was asked for before. */
  readonly runLater: (ms: number) => void;
}

/**
 * From changes of the cluster to what every proxy is offered: the pure stages in a row. Changes
 * gather until `run`. A run that finds nothing new publishes nothing.
 */
export class Pipeline {
  readonly #deps: PipelineDeps;
  readonly #views = createViews();
  readonly #assembler = createAssembler();
  readonly #lingering = new Lingering();
  #waiting: ClusterChange[] = [];
  #snapshot: ClusterSnapshot;
  #compiled: CompiledMesh | undefined;
  /** What proxies are told of: the compiled ones, lingering. */
  #workloads: MeshModel['workloads'] = new Map();
  #secretsChanged = false;

  constructor(deps: PipelineDeps) {
    this.#deps = deps;
    this.#snapshot = deps.start;
  }

  get compiled(): CompiledMesh | undefined {
    return this.#compiled;
  }

  gather(changes: readonly ClusterChange[]): void {
    this.#waiting.push(...changes);
  }

  /** Certificates are not what they were: the next run publishes whatever else happened. */
  renewSecrets(): void {
    this.#secretsChanged = true;
  }

  /** Compiles what is new and publishes the result. */
  run(): void {
    const snapshot = applyChanges(this.#snapshot, this.#waiting);
    const settings = this.#settings();
    const before = this.#compiled;
    const isNew = before?.snapshot !== snapshot || before.settings !== settings;
    if (isNew) {
      const began = performance.now();
      this.#compiled = { ...compileMesh(snapshot, settings, before), snapshot, settings };
      this.#snapshot = snapshot;
      this.#deps.onCompiled(this.#compiled, (performance.now() - began) / 1000);
    }
    // Forgotten only now: a stage that throws loses no change.
    this.#waiting = [];
    const workloads = this.#workloads;
    this.#linger();
    if (!isNew && !this.#secretsChanged && workloads === this.#workloads) return;
    this.#secretsChanged = false;
    this.#publish();
  }

  #linger(): void {
    const given = this.#compiled?.model.workloads;
    if (given === undefined) return;
    const now = this.#deps.now();
    this.#workloads = this.#lingering.workloads(given, now);
    const { next } = this.#lingering;
    if (next !== undefined) this.#deps.runLater(next - now);
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
   * What the proxy of the pod of that uid would be offered, but for its secrets: none are issued for the
   * sake of this. Undefined while it is not known what the pod is.
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
