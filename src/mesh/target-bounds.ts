// Input: the TrafficTargets of a namespace and the routes that they name. Output: the targets that exceed the bound.
// Rule: each target repeats the matches and ports of its routes, so their sum is bounded; the oldest targets stay.
import type { TrafficTarget } from '../api/gen/traffic-target.ts';
import type { ByName } from '../cluster/snapshot.ts';
import type { Diagnostic } from '../policy/diagnostic.ts';
import { findExcess } from '../cluster/by-age.ts';
import { refuse } from '../cluster/diagnose.ts';
import type { Routes } from '../smi/traffic-target/rules.ts';
import type { ReadTrafficTarget } from '../smi/traffic-target/read.ts';

/** The most matches and ports of the routes that the TrafficTargets of one namespace name, repetitions counted. */
export const maxNamedOfNamespace = 524_288;

/** The targets that are left out, by name: the youngest, beyond the bound. */
export function tooWideTargets(
  targets: ByName<TrafficTarget>,
  readings: ReadonlyMap<string, ReadTrafficTarget>,
  routes: Routes,
): ReadonlyMap<string, Diagnostic> {
  const sized = [...targets].map(([name, one]) => {
    const isReadable = readings.get(name)?.parties !== undefined;
    return [one, isReadable ? sizeOf(one, routes) : 0] as const;
  });
  return new Map(
    findExcess(sized, maxNamedOfNamespace).map(([target, size]) => [
      target.metadata.name,
      leftOut(target, size),
    ]),
  );
}

/**
 * How many matches and ports a target repeats. Matches of a group that it does not pick count, too: the compiler has to
 * go through them.
 */
function sizeOf(target: TrafficTarget, { groups, tcp }: Routes): number {
  return target.spec.rules.reduce((sum, { kind, name }) => {
    if (kind === 'HTTPRouteGroup') return sum + (groups.get(name)?.matches.length ?? 0);
    const ports = kind === 'TCPRoute' ? tcp.get(name)?.ports : undefined;
    return sum + (ports === undefined || ports === 'all' ? 0 : ports.length);
  }, 0);
}

function leftOut(target: TrafficTarget, size: number): Diagnostic {
  const most = String(maxNamedOfNamespace);
  const message = `spec.rules names routes with ${String(size)} matches and ports; with older TrafficTargets that exceeds ${most}, the limit of a namespace, so this TrafficTarget allows no traffic: name smaller routes, merge TrafficTargets with the same rules, or delete unused TrafficTargets`;
  return refuse(target, 'target-too-wide', message);
}
