import type { FindingKind, Found } from '../api/mesh-report.ts';
import type { AbsentPod, Seen } from './look.ts';
import { reviveSidecar } from './next-command.ts';
import type { LivingPod } from './pod-life.ts';
import type { PodStanding } from './standing.ts';

/** Adds up the states of pods. */
export class Tally {
  readonly counts = { connected: 0, synced: 0, rejected: 0, late: 0, starting: 0 };
  readonly found = new Map<FindingKind, Found[]>();
  readonly absent: AbsentPod[] = [];
  readonly #evidence: Seen['evidence'];

  constructor(evidence: Seen['evidence']) {
    this.#evidence = evidence;
  }

  add(name: string, pod: LivingPod, standing: PodStanding): void {
    const { uid = '' } = pod.metadata;
    if (this.#evidence.streams.has(uid)) this.#connected(uid);
    else this.absent.push({ pod, starting: standing.kind === 'starting' });
    if (standing.kind === 'starting') this.#starting(name, standing);
    else if (standing.kind === 'sidecar-lost')
      this.addFinding(standing.kind, { name, why: standing.why, next: reviveSidecar(pod) });
    else if ('why' in standing) this.addFinding(standing.kind, { name, why: standing.why });
  }

  addFinding(kind: FindingKind, found: Found): void {
    const list = this.found.get(kind);
    if (list === undefined) this.found.set(kind, [found]);
    else list.push(found);
  }

  /** Counts pods that all have a stream. Costs only those that are behind or refuse something. */
  allConnected(uids: ReadonlySet<string>): void {
    this.counts.connected += uids.size;
    this.counts.synced += uids.size - countIn(uids, this.#evidence.behind);
    this.counts.rejected += countIn(uids, this.#evidence.refusing);
    this.counts.late += countIn(uids, this.#evidence.late);
  }

  #starting(name: string, { disconnected }: Extract<PodStanding, { kind: 'starting' }>): void {
    this.counts.starting += 1;
    if (disconnected !== undefined)
      this.addFinding('sidecar-disconnected', { name, why: disconnected });
  }

  #connected(uid: string): void {
    this.counts.connected += 1;
    if (!this.#evidence.behind.has(uid)) this.counts.synced += 1;
    if (this.#evidence.refusing.has(uid)) this.counts.rejected += 1;
    if (this.#evidence.late.has(uid)) this.counts.late += 1;
  }
}

function countIn(
  uids: ReadonlySet<string>,
  some: { readonly keys: () => Iterable<string> },
): number {
  let count = 0;
  for (const uid of some.keys()) if (uids.has(uid)) count += 1;
  return count;
}
