import { emptySnapshot } from '../cluster/snapshot.ts';
import { clusterKindNames } from '../cluster/cluster-kinds.ts';
import { untilAborted } from '../common/aborted.ts';
import type { Component } from '../common/component.ts';
import { type Changing, firstValue, type Followed, Topic } from '../common/topic.ts';
import type { KubernetesObject } from '../api/core.ts';
import type { Change, ObjectStore } from '../kubernetes/store.ts';
import type { CompiledMesh } from '../mesh/compile.ts';
import type { ResourceSet } from '../xds/resources/resource.ts';
import type { SecretSource } from '../xds/resources/secret-source.ts';
import type { SetOf } from '../xds/server/push.ts';
import type { ControlPlaneContext } from './context.ts';
import { Debouncer } from './debouncer.ts';
import type { MeshConfigInForce } from './mesh-config-in-force.ts';
import { Pipeline } from './pipeline.ts';
import { allSynced, clusterChange, type Watches } from './watches.ts';

/** What each proxy is offered, and the step of the certificate plan that it belongs to. */
export interface Offer {
  readonly setOf: SetOf;
  readonly step: number;
}

export interface CompilerDeps {
  readonly watches: Watches;
  readonly meshConfig: MeshConfigInForce;
  readonly secrets: SecretSource & Changing;
  /** The step of the certificate plan. */
  readonly step: () => number;
  readonly metrics: {
    /** Seconds that a compile took. */
    readonly compiled: (seconds: number) => void;
    readonly compileFailed: () => void;
  };
}

/**
 * Compiles the mesh after each change, from the first complete list of every watch on: never from half a cluster.
 * Without a valid MeshConfig it compiles nothing, and proxies keep what they have.
 */
export class Compiler implements Component {
  readonly name = 'compiler';
  readonly leaderOnly = false;
  readonly compiled: Followed<CompiledMesh | undefined>;
  readonly offers: Followed<Offer | undefined>;
  readonly #deps: CompilerDeps;
  readonly #pipeline: Pipeline;
  readonly #debouncer: Debouncer;
  #started = false;

  constructor({ logger, clock }: ControlPlaneContext, deps: CompilerDeps) {
    const { meshConfig, secrets, step, metrics } = deps;
    const compiled = new Topic<CompiledMesh | undefined>(logger, undefined);
    const offers = new Topic<Offer | undefined>(logger, undefined);
    this.compiled = compiled;
    this.offers = offers;
    this.#deps = deps;
    this.#pipeline = new Pipeline({
      start: () => emptySnapshot(meshConfig.membership),
      settings: () => meshConfig.settings,
      secrets,
      publish: (setOf) => offers.publish({ setOf, step: step() }),
      onCompiled: (mesh, seconds) => {
        metrics.compiled(seconds);
        compiled.publish(mesh);
      },
      now: () => clock.now(),
    });
    this.#debouncer = new Debouncer(
      () => this.#run(),
      clock,
      (error) => {
        metrics.compileFailed();
        logger.error('compile failed', { error });
      },
    );
  }

  problem(): string | undefined {
    return this.#started ? undefined : 'first lists are not complete, or no valid MeshConfig';
  }

  /**
   * The resources that the proxy of the pod with that uid would be offered, without secrets; undefined while the pod is
   * not in the model.
   */
  wouldOffer(uid: string): ResourceSet | undefined {
    return this.#pipeline.wouldOffer(uid);
  }

  async run(signal: AbortSignal): Promise<void> {
    const { watches, meshConfig, secrets } = this.#deps;
    const stops = [
      ...this.#gatherChanges(),
      meshConfig.follow(() => this.#trigger()),
      secrets.follow(() => {
        this.#pipeline.renewSecrets();
        this.#trigger();
      }),
    ];
    try {
      await allSynced(watches, signal);
      await firstValue(meshConfig, signal);
      this.#started = true;
      this.#trigger();
      await untilAborted(signal);
    } catch (error) {
      if (!signal.aborted) throw error;
    } finally {
      for (const stop of stops) stop();
    }
  }

  #run(): void {
    const recompileMs = this.#pipeline.run();
    if (recompileMs !== undefined) this.#debouncer.triggerIn(recompileMs);
  }

  #trigger(): void {
    if (this.#started) this.#debouncer.trigger();
  }

  #gatherChanges(): readonly (() => void)[] {
    return clusterKindNames.map((kind) => {
      const store: ObjectStore<KubernetesObject> = this.#deps.watches.cluster[kind];
      return store.subscribe((changes: readonly Change<KubernetesObject>[]) => {
        this.#pipeline.gather(changes.map((change) => clusterChange(kind, change)));
        this.#trigger();
      });
    });
  }
}
