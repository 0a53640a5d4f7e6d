import type { ConfigMap, KubernetesObject, Namespace } from '../api/core.ts';
import type { MeshMembership } from '../cluster/mesh-membership.ts';
import type { Clock } from '../common/clock.ts';
import type { ObjectStore } from '../kubernetes/store.ts';
import { type Bare, type Belonging, belongingOf } from './belonging.ts';
import type { PodsLook, Seen } from './look.ts';
import type { LivingPod } from './pod-life.ts';
import { Quiet } from './quiet.ts';
import { type ProxyFacts, standingOf } from './standing.ts';
import { Tally } from './tally.ts';
import { findUnsynced } from './unsynced.ts';

export interface LedgerDeps {
  readonly pods: ObjectStore<KubernetesObject>;
  readonly namespaces: ObjectStore<KubernetesObject>;
  readonly bootstraps: ObjectStore<ConfigMap>;
  /** Known before the stores are followed. */
  readonly membership: () => MeshMembership;
  readonly clock: Clock;
}

/**
 * Keeps how each pod belongs to the mesh, and updates it by changes. Pods outside the mesh cost nothing afterwards, and
 * healthy pods cost nothing until they or the streams change.
 */
export class PodLedger {
  readonly #deps: LedgerDeps;
  readonly #inside = new Map<string, LivingPod>();
  readonly #bare = new Map<string, Bare>();
  readonly #leftOut = new Set<string>();
  /** Pods without a stream, by uid. */
  readonly #absences = new Map<string, Absence>();
  /** The streams of the last look. */
  #streams: Seen['evidence']['streams'] = new Map();
  /** The division of the pods inside; undefined once a change may have moved a pod to the other part. */
  #quiet: Quiet | undefined;
  /** The last look, if nothing in it depends on the time: the same object while nothing changes. */
  #calm: Calm | undefined;

  constructor(deps: LedgerDeps) {
    this.#deps = deps;
  }

  /** Follows the stores; returns a function that unsubscribes. Calls back after anything changed here. */
  follow(changed: () => void): () => void {
    const { pods, namespaces } = this.#deps;
    for (const [key, pod] of pods.objects) this.#place(key, pod as LivingPod);
    const stops = [
      pods.subscribe((changes) => {
        for (const { key, after } of changes) this.#place(key, after as LivingPod | undefined);
        changed();
      }),
      namespaces.subscribe((changes) => {
        const names = new Set(changes.map(({ key }) => key));
        for (const [key, pod] of pods.objects)
          if (names.has(pod.metadata.namespace ?? '')) this.#place(key, pod as LivingPod);
        changed();
      }),
    ];
    return () => stops.forEach((stop) => stop());
  }

  look(seen: Seen): PodsLook {
    const { behind, refusing, late } = seen.evidence;
    const quiet = this.#quietWith(seen.evidence);
    const calm = this.#calm;
    if (calm?.quiet === quiet && isSame(calm, seen.evidence)) return calm.look;
    const look = this.#lookAt(quiet, seen);
    this.#streams = seen.evidence.streams;
    const isCalm = quiet.others.size + this.#bare.size === 0;
    this.#calm = isCalm ? { quiet, behind, refusing, late, look } : undefined;
    return look;
  }

  #lookAt({ uids, others }: Quiet, seen: Seen): PodsLook {
    const tally = new Tally(seen.evidence);
    tally.allConnected(uids);
    const { clock, bootstraps } = this.#deps;
    const moment: Moment = {
      seen,
      now: clock.now(),
      bootstraps: new Set(
        [...bootstraps.objects.values()].map(({ metadata }) => metadata.namespace),
      ),
    };
    for (const [name, pod] of others)
      tally.add(name, pod, standingOf(pod, this.#factsOf(pod, moment)));
    for (const [name, bare] of this.#bare) tally.addFinding('without-sidecar', { name, ...bare });
    return {
      ...tally.counts,
      expected: this.#inside.size + this.#bare.size,
      leftOut: this.#leftOut.size,
      found: new Map([...tally.found, ...findUnsynced(seen.evidence, this.#inside)]),
      absent: tally.absent,
    };
  }

  #quietWith({ streams }: Seen['evidence']): Quiet {
    if (this.#quiet?.streams === streams) return this.#quiet;
    const quiet = new Quiet(this.#inside, streams);
    for (const uid of quiet.uids) this.#absences.delete(uid);
    return (this.#quiet = quiet);
  }

  #factsOf(pod: LivingPod, { seen, now, bootstraps }: Moment): ProxyFacts {
    const { uid = '', namespace } = pod.metadata;
    const connected = seen.evidence.streams.has(uid);
    const absence = this.#absence(uid, connected, now);
    return {
      connected,
      complete: seen.evidence.complete,
      absentSince: absence?.since,
      wasConnected: absence?.wasConnected ?? false,
      alert: addressesOf(pod).flatMap((ip) => seen.alerts.get(ip) ?? [])[0],
      bootstrap: bootstraps.has(namespace),
      now,
    };
  }

  #place(key: string, pod: LivingPod | undefined): void {
    const belonging = pod === undefined ? outside : this.#belonging(pod);
    if (this.#placeInside(key, belonging.kind === 'inside' ? pod : undefined) === 'as before')
      return;
    this.#calm = undefined;
    if (belonging.kind === 'bare') {
      const { why, next } = belonging;
      this.#bare.set(key, { why, next });
    } else this.#bare.delete(key);
    if (belonging.kind === 'left-out') this.#leftOut.add(key);
    else this.#leftOut.delete(key);
  }

  #placeInside(key: string, pod: LivingPod | undefined): 'as before' | 'changed' {
    const uid = this.#inside.get(key)?.metadata.uid;
    if (pod !== undefined) {
      this.#inside.set(key, pod);
      if (this.#quiet?.keeps(pod, uid) === true) return 'as before';
    } else if (!this.#inside.delete(key)) return 'changed';
    if (uid !== pod?.metadata.uid) this.#absences.delete(uid ?? '');
    this.#quiet = undefined;
    return 'changed';
  }

  #belonging(pod: LivingPod): Belonging {
    const { namespaces, membership } = this.#deps;
    const namespace = namespaces.objects.get(pod.metadata.namespace ?? '');
    return belongingOf(pod, namespace as Namespace | undefined, membership());
  }

  #absence(uid: string, connected: boolean, now: number): Absence | undefined {
    if (connected) {
      this.#absences.delete(uid);
      return undefined;
    }
    const wasConnected = this.#streams.has(uid);
    const absence = this.#absences.get(uid) ?? { since: now, wasConnected };
    this.#absences.set(uid, absence);
    return absence;
  }
}

interface Absence {
  readonly since: number;
  /** Whether it had a stream at the previous look. */
  readonly wasConnected: boolean;
}

type Trouble = Pick<Seen['evidence'], 'behind' | 'refusing' | 'late'>;

function isSame(one: Trouble, other: Trouble): boolean {
  return one.behind === other.behind && one.refusing === other.refusing && one.late === other.late;
}

interface Calm extends Trouble {
  readonly quiet: Quiet;
  readonly look: PodsLook;
}

/** What is the same for every pod of one look. */
interface Moment {
  readonly seen: Seen;
  readonly now: number;
  /** Namespaces that have the ConfigMap that sidecars start from. */
  readonly bootstraps: ReadonlySet<string | undefined>;
}

/** A sidecar calls from any address of its pod, of either family. */
function addressesOf({ status }: LivingPod): readonly string[] {
  const { podIP, podIPs = [] } = status ?? {};
  return [...(podIP === undefined ? [] : [podIP]), ...podIPs.map(({ ip }) => ip)];
}

const outside: Belonging = { kind: 'outside' };
