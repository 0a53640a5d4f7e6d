// Input: the Services of a namespace and the number of its pods. Output: the Services that the mesh knows.
// Rule: the mesh compares every Service with every pod, so the product of the two is bounded. With egress on,
// every proxy of the mesh holds the addresses of every Service, so the number of Services is bounded, too.
import type { Service } from '../api/core.ts';
import type { ByName } from '../cluster/snapshot.ts';
import { onceFor } from '../common/once-for.ts';
import type { Diagnostic } from '../policy/diagnostic.ts';
import { findExcess } from '../cluster/by-age.ts';
import { refuse } from '../cluster/diagnose.ts';
import type { BoundedReach } from './reach-bounds.ts';
import { sameItems } from '../common/remember.ts';

/** The most that the Services of a namespace, times its pods, may be. */
export const maxSelectionsOfNamespace = 4_194_304;
/** The most Services of a namespace that the mesh takes, however few pods it has. */
export const maxServicesOfNamespace = 4_096;
/** The labels of a selector that count as one Service; a selector of up to twice as many counts as two, and so on. */
const labelsOfOne = 4;

/**
 * Leaves out the newest Services of a namespace beyond `maxServicesOfNamespace`, or fewer where it has more than
 * 1,024 pods: then Services times pods stay within `maxSelectionsOfNamespace`.
 */
export function boundSelections(
  services: ByName<Service>,
  pods: number,
  before?: BoundedReach,
): BoundedReach {
  const product = Math.floor(maxSelectionsOfNamespace / Math.max(1, pods));
  const most = Math.min(maxServicesOfNamespace, product);
  const inputs = [services, weightOf(services) <= most ? 'all' : pods];
  if (before !== undefined && sameItems(before.inputs, inputs)) return before;
  if (weightOf(services) <= most) return { inputs, services, diagnostics: none };
  const all = [...services.values()].map((service) => [service, weightOfOne(service)] as const);
  const left = new Set(findExcess(all, most).map(([service]) => service));
  return {
    inputs,
    services: new Map([...services].filter(([, service]) => !left.has(service))),
    diagnostics: [...left].map((service) => leftOut(service, most, pods)),
  };
}

function leftOut(service: Service, most: number, pods: number): Diagnostic {
  const message = `Weft leaves out this Service: its namespace has ${String(pods)} pods, and with that many pods Weft serves at most ${String(most)} Services, the oldest first (a selector counts as one Service for every ${String(labelsOfOne)} labels); calls to this Service are refused or, with egress on, leave the mesh in plaintext: delete unused Services, or move some of them with their pods to another namespace`;
  return refuse(service, 'service-ports-limited', message);
}

const weightOf = onceFor((services: ByName<Service>): number => {
  let sum = 0;
  for (const service of services.values()) sum += weightOfOne(service);
  return sum;
});

function weightOfOne({ spec }: Service): number {
  return Math.max(1, Math.ceil(Object.keys(spec.selector ?? {}).length / labelsOfOne));
}

const none: readonly Diagnostic[] = [];
