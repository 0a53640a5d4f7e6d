import { WeftError } from '../../common/errors.ts';
import type { OriginKey } from '../../policy/origin.ts';
import type { Evidence, ObjectEvidence } from './evidence.ts';

/** What changed between two states of a replica's evidence, as it goes over the wire (JSON). */
export interface EvidenceChange {
  readonly connected: number;
  readonly synced: number;
  readonly rejected: number;
  readonly step: number;
  /** Pods that opened a stream, and that have none any more. */
  readonly joined: readonly string[];
  readonly left: readonly string[];
  readonly objects: readonly (readonly [OriginKey, ObjectEvidence])[];
  /** Objects that concern no proxy of the replica any more. */
  readonly gone: readonly OriginKey[];
}

/** Evidence of a replica without proxies; the first change of a stream starts from it. */
export const noEvidence: Evidence = {
  connected: 0,
  synced: 0,
  rejected: 0,
  step: 0,
  pods: new Set(),
  objects: new Map(),
};

/** Undefined when nothing changed. */
export function changeBetween(previous: Evidence, next: Evidence): EvidenceChange | undefined {
  const objects = [...next.objects].filter(
    ([key, object]) => !sameObject(previous.objects.get(key), object),
  );
  const gone = [...previous.objects.keys()].filter((key) => !next.objects.has(key));
  const joined = missingFrom(previous.pods, next.pods);
  const left = missingFrom(next.pods, previous.pods);
  const lists = objects.length + gone.length + joined.length + left.length;
  if (lists === 0 && sameCounts(previous, next)) return undefined;
  const { connected, synced, rejected, step } = next;
  return { connected, synced, rejected, step, joined, left, objects, gone };
}

function sameCounts(previous: Evidence, next: Evidence): boolean {
  return (
    previous.connected === next.connected &&
    previous.synced === next.synced &&
    previous.rejected === next.rejected &&
    previous.step === next.step
  );
}

function missingFrom(some: ReadonlySet<string>, others: ReadonlySet<string>): string[] {
  return some === others ? [] : [...others].filter((pod) => !some.has(pod));
}

/** The state after a change. */
export function applyChange(previous: Evidence, change: EvidenceChange): Evidence {
  const objects = new Map(previous.objects);
  for (const [key, object] of change.objects) objects.set(key, object);
  for (const key of change.gone) objects.delete(key);
  const { connected, synced, rejected, step } = change;
  return { connected, synced, rejected, step, pods: podsAfter(previous.pods, change), objects };
}

function podsAfter(
  previous: ReadonlySet<string>,
  { joined, left }: EvidenceChange,
): ReadonlySet<string> {
  if (joined.length + left.length === 0) return previous;
  const pods = new Set(previous);
  for (const pod of joined) pods.add(pod);
  for (const pod of left) pods.delete(pod);
  return pods;
}

export function encodeChange(change: EvidenceChange): Buffer {
  return Buffer.from(JSON.stringify(change));
}

/** Reads what another replica of this very program sent; throws WeftError `protocol-violation`. */
export function decodeChange(bytes: Buffer): EvidenceChange {
  let value: unknown;
  try {
    value = JSON.parse(bytes.toString('utf8'));
  } catch (cause) {
    throw new WeftError('protocol-violation', 'evidence is not JSON', { cause });
  }
  if (!isChange(value)) throw new WeftError('protocol-violation', 'evidence has another shape');
  return value;
}

function isChange(value: unknown): value is EvidenceChange {
  if (typeof value !== 'object' || value === null) return false;
  const { connected, synced, rejected, step, objects, ...lists } = value as Record<string, unknown>;
  const counts = [connected, synced, rejected, step];
  return (
    counts.every((count) => typeof count === 'number') &&
    Array.isArray(objects) &&
    objects.every(isEntry) &&
    [lists['gone'], lists['joined'], lists['left']].every(isTexts)
  );
}

function isTexts(value: unknown): boolean {
  return Array.isArray(value) && value.every((text) => typeof text === 'string');
}

function isEntry(value: unknown): boolean {
  if (!Array.isArray(value) || typeof value[0] !== 'string') return false;
  const object: unknown = value[1];
  if (typeof object !== 'object' || object === null) return false;
  const { origin, total, acknowledged, rejected, rejections, waiting } = object as Record<
    string,
    unknown
  >;
  return (
    [total, acknowledged, rejected].every((count) => typeof count === 'number') &&
    typeof origin === 'object' &&
    origin !== null &&
    Array.isArray(rejections) &&
    isTexts(waiting)
  );
}

function sameObject(a: ObjectEvidence | undefined, b: ObjectEvidence): boolean {
  return (
    a !== undefined &&
    a.total === b.total &&
    a.acknowledged === b.acknowledged &&
    a.rejected === b.rejected &&
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
