import {
  followSwitch,
  replaceProvider,
  type Stage,
  wordsOf,
} from '../../tools/issuers/follow-switch.ts';
import type { InstallPlace } from '../../tools/issuers/place.ts';
import type { Issuers } from '../../tools/issuers/up.ts';
import { elapsed, say } from '../../tools/progress.ts';
import { type Load, type LoadTotals, startLoad } from '../load/load.ts';
import { type Root, start, way } from './switches.ts';
import { type Passage, placeInTime } from './timeline.ts';
import { serialOf, strangersTo } from './trust.ts';

/** How a rotation under load went. */
export interface Outcome {
  readonly switches: number;
  readonly requests: number;
  readonly failed: number;
}

/** The mesh, its issuers, and the load on it. */
interface Rig {
  readonly place: InstallPlace;
  readonly issuers: Issuers;
  readonly load: Load;
  /** The switches so far, the last of which may be under way. */
  readonly passages: Passage[];
}

/**
 * Switches the mesh through all of `way` while the load goes on. After each switch every sidecar of the
 * load must trust the new root and no other. Throws when a switch does not come to its end, or a sidecar
 * trusts something else; failed exchanges are said, each beside the phase it fell into, and counted.
 */
export async function nineSwitches(
  place: InstallPlace,
  issuers: Issuers,
  rate: number,
): Promise<Outcome> {
  const load = await startLoad(place, { rate });
  const rig: Rig = { place, issuers, load, passages: [] };
  const problem = await goAllTheWay(rig).then(
    () => undefined,
    (error: unknown) => (error instanceof Error ? error : new Error(String(error))),
  );
  const totals = await load.stop();
  tellTotals(totals, rig.passages);
  if (problem !== undefined) throw problem;
  const all = Object.values(totals);
  return {
    switches: rig.passages.length,
    requests: all.reduce((sum, { sent }) => sum + sent, 0),
    failed: all.reduce((sum, { failed }) => sum + failed, 0),
  };
}

async function goAllTheWay(rig: Rig): Promise<void> {
  let from = start;
  for (const to of way) {
    await oneSwitch(rig, from, to);
    const serial = await serialOf(rig.place, rig.issuers, to.provider);
    const wrong = await strangersTo(rig.place, serial);
    if (wrong.length > 0) throw new Error(wrong.join('\n'));
    await tellCounts(rig.load);
    from = to;
  }
}

async function oneSwitch({ place, passages }: Rig, from: Root, to: Root): Promise<void> {
  const title = `${from.name} → ${to.name}`;
  say('');
  say(`▶ ${passages.length + 1}/${way.length} ${title}`);
  const beganMs = Date.now();
  const stages: Stage[] = [];
  const at = passages.push({ title, beganMs, stages }) - 1;
  const switched = await followSwitch(place, {
    edit: () => replaceProvider(place, to.provider),
    onStage: (stage) => {
      stages.push(stage);
      say(`  ${wordsOf(stage)}`);
    },
  });
  passages[at] = { title, beganMs, stages, doneMs: beganMs + switched.tookMs };
  say(`  ✓ ${switched.from} → ${switched.to} in ${elapsed(switched.tookMs)}`);
}

async function tellCounts(load: Load): Promise<void> {
  const [second] = await load.seconds(1);
  const counts = Object.values(second?.counts ?? {});
  const sent = counts.reduce((sum, one) => sum + one[0], 0);
  const failed = counts.reduce((sum, one) => sum + one[2], 0);
  say(`  ${sent} requests so far, ${failed} failed`);
}

function tellTotals(totals: LoadTotals, passages: readonly Passage[]): void {
  say('');
  for (const [kind, { sent, failed, p50, p99, firstFailures }] of Object.entries(totals)) {
    say(`  ${kind.padEnd(12)} ${sent} sent, ${failed} failed, p50 ${p50} ms, p99 ${p99} ms`);
    for (const { atMs, reason } of firstFailures)
      say(`    ✗ ${placeInTime(atMs, passages)}: ${reason}`);
  }
}
