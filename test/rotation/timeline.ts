import type { Stage } from '../../tools/issuers/follow-switch.ts';

/** A switch, from its edit on. */
export interface Passage {
  readonly title: string;
  readonly beganMs: number;
  /** What its status said, oldest first. */
  readonly stages: readonly Stage[];
  /** When it was done; undefined while it goes on. */
  readonly doneMs?: number;
}

/** What the mesh was doing at a time: the switch and its phase, or between which switches it was. */
export function placeInTime(atMs: number, passages: readonly Passage[]): string {
  const passage = passages.findLast(({ beganMs }) => beganMs <= atMs);
  if (passage === undefined) return 'before the first switch';
  const { title, beganMs, stages, doneMs = Infinity } = passage;
  const when = `${((atMs - beganMs) / 1000).toFixed(1)} s into "${title}"`;
  if (atMs > doneMs) return `${when}, when it was done`;
  const stage = stages.findLast((one) => one.atMs <= atMs);
  return `${when}, ${stage?.rotation.phase ?? 'before its first phase'}`;
}
