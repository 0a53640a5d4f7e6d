import type { MeshConfig } from '../api/gen/mesh-config.ts';
import type { Leaving } from './finalize.ts';

/** Remembers the mesh that the operator keeps, so that it can remove the mesh when its MeshConfig is gone. */
export class MeshEnd {
  readonly #namespace: string;
  #last: MeshConfig | undefined;
  #since: number | undefined;
  #done = false;

  constructor(namespace: string) {
    this.#namespace = namespace;
  }

  /** Whether everything was removed, and nothing was created since. */
  get done(): boolean {
    return this.#done;
  }

  /** Records the active MeshConfig. */
  rules(meshConfig: MeshConfig): void {
    this.#last = meshConfig;
    this.#since = undefined;
    this.#done = false;
  }

  /** Whether another MeshConfig was active before, and its objects are not removed yet. */
  isBefore(meshConfig: MeshConfig): boolean {
    return this.#last !== undefined && this.#last.metadata.uid !== meshConfig.metadata.uid;
  }

  /** Whether its removal has begun, and is not done. */
  get begun(): boolean {
    return this.#since !== undefined;
  }

  /** The mesh that is leaving, from the first call on. `now` in milliseconds since the epoch. */
  begin(now: number, leaving?: MeshConfig): Leaving {
    this.#since ??= now;
    this.#last ??= leaving;
    return { namespace: this.#namespace, meshConfig: this.#last, since: this.#since };
  }

  /** Records that everything of the mesh is removed. */
  end(): void {
    this.#last = undefined;
    this.#since = undefined;
    this.#done = true;
  }
}
