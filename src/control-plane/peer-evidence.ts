import { untilAborted } from '../common/aborted.ts';
import type { Component } from '../common/component.ts';
import type { KubernetesObject } from '../api/core.ts';
import type { ObjectStore } from '../kubernetes/store.ts';
import { joinEvidence, type JoinedEvidence } from '../xds/server/join.ts';
import type { Evidence } from '../xds/server/evidence.ts';

export interface PeerEvidenceDeps {
  readonly pods: ObjectStore<KubernetesObject>;
  /** The other running replicas by name, with their addresses; this one needs no wire. */
  readonly others: () => ReadonlyMap<string, string>;
  readonly own: () => Evidence;
  /** Follows the replica at that address until the signal aborts. */
  readonly follow: (
    ip: string,
    changed: (evidence: Evidence | undefined) => void,
    signal: AbortSignal,
  ) => Promise<void>;
}

interface Peer {
  readonly ip: string;
  readonly stop: AbortController;
  evidence: Evidence | undefined;
}

/**
 * Joins this replica's evidence with that of all others, which it follows while it leads. A replica
 * that runs but cannot be reached makes the result incomplete.
 */
export class PeerEvidence implements Component {
  readonly name = 'peer-evidence';
  readonly leaderOnly = true;
  readonly #deps: PeerEvidenceDeps;
  readonly #peers = new Map<string, Peer>();
  readonly #listeners = new Set<() => void>();

  constructor(deps: PeerEvidenceDeps) {
    this.#deps = deps;
  }

  /** Calls back when another replica's evidence changed; returns the way to stop it. */
  onChange(changed: () => void): () => void {
    this.#listeners.add(changed);
    return () => this.#listeners.delete(changed);
  }

  joined(): JoinedEvidence {
    const others = [...this.#peers.values()].map((peer) => peer.evidence);
    return joinEvidence([this.#deps.own(), ...others]);
  }

  async run(signal: AbortSignal): Promise<void> {
    const stopWatching = this.#deps.pods.subscribe(() => this.#update(signal));
    this.#update(signal);
    await untilAborted(signal);
    stopWatching();
    for (const key of [...this.#peers.keys()]) this.#forget(key);
  }

  #update(signal: AbortSignal): void {
    const wanted = this.#deps.others();
    for (const [key, peer] of this.#peers) if (wanted.get(key) !== peer.ip) this.#forget(key);
    for (const [key, ip] of wanted) if (!this.#peers.has(key)) this.#follow(key, ip, signal);
  }

  #follow(key: string, ip: string, signal: AbortSignal): void {
    const stop = new AbortController();
    const peer: Peer = { ip, stop, evidence: undefined };
    this.#peers.set(key, peer);
    const changed = (evidence: Evidence | undefined): void => {
      peer.evidence = evidence;
      this.#changed();
    };
    void this.#deps.follow(ip, changed, AbortSignal.any([signal, stop.signal]));
  }

  #forget(key: string): void {
    this.#peers.get(key)?.stop.abort();
    this.#peers.delete(key);
    this.#changed();
  }

  #changed(): void {
    for (const listener of this.#listeners) listener();
  }
}
