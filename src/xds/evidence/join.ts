import type { OriginKey } from '../../policy/origin.ts';
import { maxNamed, type Evidence, type ObjectEvidence, type Stream } from './evidence.ts';

/** The evidence of all replicas together. When a replica could not be asked, every count is a lower bound. */
export interface JoinedEvidence extends Pick<
  Evidence,
  | 'connected'
  | 'synced'
  | 'rejected'
  | 'step'
  | 'streams'
  | 'behind'
  | 'refusing'
  | 'late'
  | 'objects'
> {
  readonly complete: boolean;
  /** Streams that a newer stream of the same pod has replaced and that their replica still counts. */
  readonly outdated: readonly OutdatedStream[];
  /** The facts of each replica that could be asked. */
  readonly facts: readonly string[];
}

export interface OutdatedStream {
  readonly uid: string;
  readonly opened: number;
  /** The replica's index in the joined list. */
  readonly replica: number;
}

/**
 * Adds up the evidence of replicas; `undefined` stands for a replica that cannot be reached (docs/decisions/0107). A
 * pod counts once, by its newest stream. Only in the evidence of objects does an outdated stream count until its
 * replica has closed it. The step is the lowest of all replicas.
 */
export function joinEvidence(replicas: Iterable<Evidence | undefined>): JoinedEvidence {
  const all = [...replicas];
  const known = all.filter((evidence) => evidence !== undefined);
  const objects = new Map<OriginKey, ObjectEvidence>();
  for (const evidence of known)
    for (const [key, object] of evidence.objects) {
      const other = objects.get(key);
      objects.set(key, other === undefined ? object : joinObject(other, object));
    }
  const { streams, outdated, behind, refusing, late } = streamsOf(all);
  return {
    complete: known.length === all.length,
    connected: streams.size,
    synced: streams.size - behind.size,
    rejected: refusing.size,
    step: Math.min(...known.map(({ step }) => step)),
    streams,
    behind,
    refusing,
    late,
    objects,
    outdated,
    facts: known.map(({ facts }) => facts),
  };
}

type JoinedStreams = Pick<JoinedEvidence, 'streams' | 'outdated' | 'behind' | 'refusing' | 'late'>;

/** The streams of a single replica are taken as they are. */
function streamsOf(replicas: readonly (Evidence | undefined)[]): JoinedStreams {
  const [only, ...others] = replicas;
  return only !== undefined && others.length === 0
    ? { ...only, outdated: [] }
    : joinStreams(replicas);
}

function joinStreams(replicas: readonly (Evidence | undefined)[]): JoinedStreams {
  const newest = new Map<string, Stream & { readonly replica: number }>();
  const outdated: OutdatedStream[] = [];
  for (const [replica, evidence] of replicas.entries())
    for (const [uid, stream] of evidence?.streams ?? []) {
      const other = newest.get(uid);
      if (other === undefined || other.opened < stream.opened)
        newest.set(uid, { ...stream, replica });
      const older =
        other !== undefined && other.opened >= stream.opened ? { ...stream, replica } : other;
      if (older !== undefined) outdated.push({ uid, opened: older.opened, replica: older.replica });
    }
  const ofNewest = (uidsOf: (evidence: Evidence) => ReadonlySet<string>): ReadonlySet<string> =>
    new Set(
      replicas.flatMap((evidence, replica) =>
        [...(evidence === undefined ? [] : uidsOf(evidence))].filter(
          (uid) => newest.get(uid)?.replica === replica,
        ),
      ),
    );
  return {
    streams: newest,
    outdated,
    behind: ofNewest(({ behind }) => behind),
    refusing: ofNewest(({ refusing }) => refusing),
    late: ofNewest(({ late }) => late),
  };
}

/** A replica that has not seen the newest generation adds its proxies to the total, but has none in force. */
function joinObject(a: ObjectEvidence, b: ObjectEvidence): ObjectEvidence {
  const newest = a.origin.generation >= b.origin.generation ? a.origin : b.origin;
  const current = [a, b].filter(({ origin }) => origin.generation === newest.generation);
  return {
    origin: newest,
    total: a.total + b.total,
    acknowledged: sum(current, ({ acknowledged }) => acknowledged),
    rejected: sum(current, ({ rejected }) => rejected),
    aside: sum(current, ({ aside = 0 }) => aside),
    unstarted: sum(current, ({ unstarted = 0 }) => unstarted),
    waiting: [a, b]
      .flatMap(({ waiting }) => waiting)
      .toSorted()
      .slice(0, maxNamed),
    rejections: current
      .flatMap(({ rejections }) => rejections)
      .sort((left, right) => (left.pod < right.pod ? -1 : 1))
      .slice(0, maxNamed),
  };
}

function sum<T>(items: readonly T[], count: (item: T) => number): number {
  return items.reduce((total, item) => total + count(item), 0);
}
