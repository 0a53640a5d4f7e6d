import type { ClusterChange, ClusterSnapshot } from '../cluster/snapshot.ts';
import { applyChanges } from '../cluster/snapshot.ts';
import type { MeshSettings } from '../policy/mesh-settings.ts';
import { createViews } from '../policy/view-of.ts';
import { compileMesh, type Compilation } from '../smi/compile.ts';
import { createAssembler } from '../xds/resources/resource-set.ts';
import type { ResourceSet } from '../xds/resources/resource.ts';
import type { SecretSource } from '../xds/resources/secret-source.ts';
import type { Proxy } from '../xds/server/proxy.ts';

/** The mesh as last compiled. */
export interface Compiled extends Compilation {
  readonly snapshot: ClusterSnapshot;
  readonly settings: MeshSettings;
}

export interface PipelineDeps {
  readonly start: ClusterSnapshot;
  readonly settings: () => MeshSettings;
  readonly secrets: SecretSource;
  /** What each proxy is to have from now on; undefined while it is not known what a pod is. */
  readonly publish: (setOf: (proxy: Proxy) => ResourceSet | undefined) => void;
  readonly onCompiled: (compiled: Compiled) => void;
}

/**
 * From changes of the cluster to what every proxy is offered: the pure stages in a row. Changes
 * gather until `run`. A run that finds nothing new publishes nothing.
 */
export class Pipeline {
  readonly #deps: PipelineDeps;
  readonly #views = createViews();
  readonly #assembler = createAssembler();
  #waiting: ClusterChange[] = [];
  #snapshot: ClusterSnapshot;
  #compiled: Compiled | undefined;
  #secretsChanged = false;

  constructor(deps: PipelineDeps) {
    this.#deps = deps;
    this.#snapshot = deps.start;
  }

  get compiled(): Compiled | undefined {
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
      this.#compiled = { ...compileMesh(snapshot, settings, before), snapshot, settings };
      this.#snapshot = snapshot;
      this.#deps.onCompiled(this.#compiled);
    }
    // Forgotten only now: a stage that throws loses no change.
    this.#waiting = [];
    if (!isNew && !this.#secretsChanged) return;
    this.#secretsChanged = false;
    this.#publish();
  }

  /** Equal settings are the same object, so that nothing downstream thinks they are new. */
  #settings(): MeshSettings {
    const settings = this.#deps.settings();
    const before = this.#compiled?.settings;
    return before !== undefined && JSON.stringify(before) === JSON.stringify(settings)
      ? before
      : settings;
  }

  #publish(): void {
    const model = this.#compiled?.model;
    if (model === undefined) return;
    this.#deps.publish((proxy) => {
      const workload = model.workloads.get(proxy.uid);
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
