import { untilAborted } from '../common/aborted.ts';
import type { Clock } from '../common/clock.ts';
import type { Component } from '../common/component.ts';
import type { Logger } from '../common/logger.ts';
import { ChangeSource, type Followed } from '../common/topic.ts';
import type { KubernetesObject } from '../api/core.ts';
import type { ObjectStore } from '../kubernetes/store.ts';
import type { StreamName } from '../xds/replicas/close-service.ts';
import type { Evidence } from '../xds/evidence/evidence.ts';
import { joinEvidence, type JoinedEvidence } from '../xds/evidence/join.ts';

export interface PeerEvidenceDeps {
  readonly pods: ObjectStore<KubernetesObject>;
  readonly clock: Clock;
  readonly logger: Logger;
  /** The other running replicas by name, with their addresses; `own` has this replica's evidence. */
  readonly others: () => ReadonlyMap<string, string>;
  /** Whether that replica is being deleted: once it is silent, it will report nothing more. */
  readonly isLeaving: (name: string) => boolean;
  readonly own: Followed<Evidence>;
  /** Follows the replica at that address until the signal aborts. */
  readonly follow: (
    ip: string,
    changed: (evidence: Evidence | undefined) => void,
    signal: AbortSignal,
  ) => Promise<void>;
  /** Close streams that a newer stream replaced: at this replica, and at the replica with that address. */
  readonly closeOwn: (stream: StreamName) => void;
  readonly closeAt: (ip: string, streams: readonly StreamName[]) => Promise<void>;
}

/** The joined evidence of all replicas. */
export interface MeshEvidence extends JoinedEvidence {
  /** Replicas that run and could not be asked for a while, by name. */
  readonly unreachable: readonly string[];
  /**
   * Whether the counts are about to become right: a replica has just started and has not reported, or a replaced stream
   * is not closed yet. Never true for longer than `settleMs`.
   */
  readonly settling: boolean;
}

/**
 * Milliseconds: how long counts may be settling, and how long a replica may be silent before it is named unreachable.
 */
export const settleMs = 5_000;
export const silentMs = 30_000;

interface Peer {
  readonly ip: string;
  readonly stop: AbortController;
  evidence: Evidence | undefined;
  /** Since when the replica has been silent, ms since the epoch. */
  silentSince: number;
  /** Whether it is being asked to close streams. */
  closing: boolean;
}

/**
 * Joins this replica's evidence with that of all others, which it follows while it leads. A replica
 * that runs but cannot be reached makes the result incomplete.
 */
export class PeerEvidence extends ChangeSource implements Component, Followed<MeshEvidence> {
  readonly name = 'peer-evidence';
  readonly leaderOnly = true;
  readonly #deps: PeerEvidenceDeps;
  readonly #peers = new Map<string, Peer>();
  /** The last joined evidence, and its inputs. */
  #last: { readonly parts: readonly unknown[]; readonly joined: JoinedEvidence } | undefined;
  #outdatedSince: number | undefined;

  constructor(deps: PeerEvidenceDeps) {
    super(deps.logger);
    this.#deps = deps;
  }

  /** The evidence of all replicas at this moment. */
  get value(): MeshEvidence {
    const now = this.#deps.clock.now();
    const joined = this.#join();
    const silent = this.#counted().filter(([, { evidence }]) => evidence === undefined);
    this.#outdatedSince = joined.outdated.length === 0 ? undefined : (this.#outdatedSince ?? now);
    const waits = silent.map(([, { silentSince }]) => silentSince);
    return {
      ...joined,
      unreachable: silent
        .filter(([, { silentSince }]) => now - silentSince >= silentMs)
        .map(([name]) => name)
        .sort(),
      settling: [...waits, this.#outdatedSince ?? -Infinity].some(
        (since) => now - since < settleMs,
      ),
    };
  }

  /** Closes streams whose pods have a newer stream at another replica. */
  #closeOutdated(): void {
    const { outdated } = this.#join();
    if (outdated.length === 0) return;
    const { closeOwn, closeAt } = this.#deps;
    const peers = this.#counted().map(([, peer]) => peer);
    for (const stream of outdated) if (stream.replica === 0) closeOwn(stream);
    for (const [index, peer] of peers.entries()) {
      const theirs = outdated.filter(({ replica }) => replica === index + 1);
      if (theirs.length === 0 || peer.closing) continue;
      peer.closing = true;
      void closeAt(peer.ip, theirs).finally(() => (peer.closing = false));
    }
  }

  async run(signal: AbortSignal): Promise<void> {
    const { pods, own } = this.#deps;
    const stops = [pods.subscribe(() => this.#update(signal)), own.follow(() => this.#changed())];
    this.#update(signal);
    await untilAborted(signal);
    for (const stop of stops) stop();
    for (const key of [...this.#peers.keys()]) this.#forget(key);
  }

  /**
   * All replicas but the silent ones that are being deleted: the pod of a replica on a lost node stays in deletion
   * until the node is removed.
   */
  #counted(): readonly (readonly [string, Peer])[] {
    return [...this.#peers].filter(
      ([name, { evidence }]) => evidence !== undefined || !this.#deps.isLeaving(name),
    );
  }

  /** This replica first, then the others in the order of `#counted`. */
  #join(): JoinedEvidence {
    const parts = [
      this.#deps.own.value,
      ...this.#counted().map(([, { evidence }]) => evidence),
    ] as const;
    const last = this.#last;
    if (last?.parts.length === parts.length && parts.every((part, at) => part === last.parts[at]))
      return last.joined;
    const joined = joinEvidence(parts);
    this.#last = { parts, joined };
    return joined;
  }

  #update(signal: AbortSignal): void {
    const wanted = this.#deps.others();
    for (const [key, peer] of this.#peers) if (wanted.get(key) !== peer.ip) this.#forget(key);
    for (const [key, ip] of wanted) if (!this.#peers.has(key)) this.#follow(key, ip, signal);
  }

  #follow(key: string, ip: string, signal: AbortSignal): void {
    const { clock, follow } = this.#deps;
    const stop = new AbortController();
    const silentSince = clock.now();
    const peer: Peer = { ip, stop, evidence: undefined, silentSince, closing: false };
    this.#peers.set(key, peer);
    const changed = (evidence: Evidence | undefined): void => {
      if (evidence === undefined && peer.evidence !== undefined) peer.silentSince = clock.now();
      peer.evidence = evidence;
      this.#changed();
    };
    void follow(ip, changed, AbortSignal.any([signal, stop.signal]));
  }

  #forget(key: string): void {
    this.#peers.get(key)?.stop.abort();
    this.#peers.delete(key);
    this.#changed();
  }

  #changed(): void {
    this.#closeOutdated();
    this.notify();
  }
}
