import { WeftError } from '../../common/errors.ts';
import type { OriginKey } from '../../policy/origin.ts';
import type { Evidence, ObjectEvidence } from './evidence.ts';

/** What changed between two states of a replica's evidence, as it goes over the wire (JSON). */
export interface EvidenceChange {
  readonly connected: number;
  readonly synced: number;
  readonly rejected: number;
  readonly objects: readonly (readonly [OriginKey, ObjectEvidence])[];
  /** Objects that concern no proxy of the replica any more. */
  readonly gone: readonly OriginKey[];
}

/** Evidence of a replica without proxies; the first change of a stream starts from it. */
export const noEvidence: Evidence = { connected: 0, synced: 0, rejected: 0, objects: new Map() };

/** Undefined when nothing changed. */
export function changeBetween(previous: Evidence, next: Evidence): EvidenceChange | undefined {
  const objects = [...next.objects].filter(
    ([key, object]) => !sameObject(previous.objects.get(key), object),
  );
  const gone = [...previous.objects.keys()].filter((key) => !next.objects.has(key));
  const sameCounts =
    previous.connected === next.connected &&
    previous.synced === next.synced &&
    previous.rejected === next.rejected;
  if (sameCounts && objects.length + gone.length === 0) return undefined;
  const { connected, synced, rejected } = next;
  return { connected, synced, rejected, objects, gone };
}

/** The state after a change. */
export function applyChange(previous: Evidence, change: EvidenceChange): Evidence {
  const objects = new Map(previous.objects);
  for (const [key, object] of change.objects) objects.set(key, object);
  for (const key of change.gone) objects.delete(key);
  const { connected, synced, rejected } = change;
  return { connected, synced, rejected, objects };
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
  const { connected, synced, rejected, objects, gone } = value as Record<string, unknown>;
  const counts = [connected, synced, rejected];
  return (
    counts.every((count) => typeof count === 'number') &&
    Array.isArray(objects) &&
    objects.every(isEntry) &&
    Array.isArray(gone) &&
    gone.every((key) => typeof key === 'string')
  );
}

function isEntry(value: unknown): boolean {
  if (!Array.isArray(value) || typeof value[0] !== 'string') return false;
  const object: unknown = value[1];
  if (typeof object !== 'object' || object === null) return false;
  const { origin, total, acknowledged, rejected, rejections } = object as Record<string, unknown>;
  return (
    [total, acknowledged, rejected].every((count) => typeof count === 'number') &&
    typeof origin === 'object' &&
    origin !== null &&
    Array.isArray(rejections)
  );
}

function sameObject(a: ObjectEvidence | undefined, b: ObjectEvidence): boolean {
  return (
    a !== undefined &&
    a.total === b.total &&
    a.acknowledged === b.acknowledged &&
    a.rejected === b.rejected &&
    a.origin.generation === b.origin.generation &&
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
