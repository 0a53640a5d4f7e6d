import { WeftError } from '../../common/errors.ts';
import {
  type Guard,
  has,
  isNumber,
  isString,
  listOf,
  optional,
  pairOf,
  parseGuarded,
} from '../../common/guards.ts';
import type { Origin, OriginKey } from '../../policy/origin.ts';
import type { Evidence, ObjectEvidence, Rejection, Stream } from './evidence.ts';

/** What changed between two states of a replica's evidence, as it goes over the wire (JSON). */
export interface EvidenceChange {
  readonly connected: number;
  readonly synced: number;
  readonly rejected: number;
  readonly step: number;
  /** Streams that were opened, by the uid of their pod, and pods that no longer have one. */
  readonly joined: readonly (readonly [string, Stream])[];
  readonly left: readonly string[];
  /** The whole lists: most of the time they are empty. */
  readonly behind: readonly string[];
  readonly refusing: readonly string[];
  readonly late: readonly string[];
  readonly objects: readonly (readonly [OriginKey, ObjectEvidence])[];
  /** Objects that concern no proxy of the replica any more. */
  readonly gone: readonly OriginKey[];
  readonly facts: string;
}

/** Evidence of a replica without proxies; the first change of a stream starts from it. */
export const noEvidence: Evidence = {
  connected: 0,
  synced: 0,
  rejected: 0,
  step: 0,
  streams: new Map(),
  behind: new Set(),
  refusing: new Set(),
  late: new Set(),
  objects: new Map(),
  facts: '',
};

/** Undefined when nothing changed. */
export function changeBetween(previous: Evidence, next: Evidence): EvidenceChange | undefined {
  const change = {
    joined: newStreams(previous.streams, next.streams),
    left: missingFrom(next.streams, previous.streams),
    objects: [...next.objects].filter(
      ([key, object]) => !sameObject(previous.objects.get(key), object),
    ),
    gone: missingFrom(next.objects, previous.objects),
  };
  const isEmpty = Object.values(change).every((list) => list.length === 0);
  return isEmpty && sameRest(previous, next) ? undefined : { ...restOf(next), ...change };
}

/** States that nothing is new, so that a reader knows that the server received its call. */
export function nothingNew(evidence: Evidence): EvidenceChange {
  return { ...restOf(evidence), joined: [], left: [], objects: [], gone: [] };
}

type Rest = Omit<EvidenceChange, 'joined' | 'left' | 'objects' | 'gone'>;

/** The fields that every change carries in full. */
function restOf({ behind, refusing, late, ...evidence }: Evidence): Rest {
  const { connected, synced, rejected, step, facts } = evidence;
  const lists = { behind: [...behind], refusing: [...refusing], late: [...late] };
  return { connected, synced, rejected, step, facts, ...lists };
}

function sameRest(previous: Evidence, next: Evidence): boolean {
  return (
    previous.connected === next.connected &&
    previous.synced === next.synced &&
    previous.rejected === next.rejected &&
    previous.step === next.step &&
    previous.facts === next.facts &&
    sameSet(previous.behind, next.behind) &&
    sameSet(previous.refusing, next.refusing) &&
    sameSet(previous.late, next.late)
  );
}

function sameSet(a: ReadonlySet<string>, b: ReadonlySet<string>): boolean {
  return a.size === b.size && [...a].every((item) => b.has(item));
}

type Keyed<K> = Pick<ReadonlyMap<K, unknown>, 'has' | 'keys'>;

function missingFrom<K extends string>(some: Keyed<K>, others: Keyed<K>): K[] {
  return some === others ? [] : [...others.keys()].filter((key) => !some.has(key));
}

/** A pod that opened another stream counts as new. */
function newStreams(previous: Evidence['streams'], next: Evidence['streams']): [string, Stream][] {
  if (previous === next) return [];
  return [...next].filter(([uid, { opened }]) => previous.get(uid)?.opened !== opened);
}

/** The state after a change. */
export function applyChange(previous: Evidence, change: EvidenceChange): Evidence {
  const objects = new Map(previous.objects);
  for (const [key, object] of change.objects) objects.set(key, object);
  for (const key of change.gone) objects.delete(key);
  const { connected, synced, rejected, step, facts } = change;
  return {
    ...{ connected, synced, rejected, step, facts, objects },
    streams: streamsAfter(previous.streams, change),
    behind: new Set(change.behind),
    refusing: new Set(change.refusing),
    late: new Set(change.late),
  };
}

function streamsAfter(
  previous: Evidence['streams'],
  { joined, left }: EvidenceChange,
): Evidence['streams'] {
  if (joined.length + left.length === 0) return previous;
  const streams = new Map(previous);
  for (const [uid, stream] of joined) streams.set(uid, stream);
  for (const uid of left) streams.delete(uid);
  return streams;
}

export function encodeChange(change: EvidenceChange): Buffer {
  return Buffer.from(JSON.stringify(change));
}

/** Reads what another replica of this very program sent; throws WeftError `protocol-violation`. */
export function decodeChange(bytes: Buffer): EvidenceChange {
  const change = parseGuarded(bytes.toString('utf8'), isChange);
  if (change === undefined) throw new WeftError('protocol-violation', 'evidence is malformed');
  return change;
}

const isTexts = listOf(isString);
const isOrigin = has<Origin>({
  kind: isString,
  namespace: isString,
  name: isString,
  generation: isNumber,
});
const isRejection = has<Rejection>({ pod: isString, resource: isString, message: isString });
const isObject = has<ObjectEvidence>({
  origin: isOrigin,
  total: isNumber,
  acknowledged: isNumber,
  rejected: isNumber,
  rejections: listOf(isRejection),
  waiting: isTexts,
  aside: optional(isNumber),
  unstarted: optional(isNumber),
});
const isChange: Guard<EvidenceChange> = has<EvidenceChange>({
  connected: isNumber,
  synced: isNumber,
  rejected: isNumber,
  step: isNumber,
  facts: isString,
  objects: listOf(pairOf(isString as Guard<OriginKey>, isObject)),
  gone: isTexts as Guard<readonly OriginKey[]>,
  joined: listOf(pairOf(isString, has<Stream>({ pod: isString, opened: isNumber }))),
  left: isTexts,
  behind: isTexts,
  refusing: isTexts,
  late: isTexts,
});

function sameObject(a: ObjectEvidence | undefined, b: ObjectEvidence): boolean {
  return (
    a !== undefined &&
    a.total === b.total &&
    a.acknowledged === b.acknowledged &&
    a.rejected === b.rejected &&
    a.aside === b.aside &&
    a.unstarted === b.unstarted &&
    a.origin.generation === b.origin.generation &&
    a.waiting.join() === b.waiting.join() &&
    sameRejections(a, b)
  );
}

function sameRejections(a: ObjectEvidence, b: ObjectEvidence): boolean {
  return (
    a.rejections.length === b.rejections.length &&
    a.rejections.every((rejection, index) => {
      const other = b.rejections[index];
      return (
        other?.pod === rejection.pod &&
        other.resource === rejection.resource &&
        other.message === rejection.message
      );
    })
  );
}
