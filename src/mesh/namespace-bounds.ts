// Input: the objects of a namespace, and what is made of them so far. Output: the same without what exceeds a bound.
// Rule: each bound is on a product that ends up in some proxy or in the control plane's memory. The oldest objects
// stay, whatever is added. For what is left out, callers are refused and the author gets a diagnostic.
import type { NamespaceSnapshot } from '../cluster/snapshot.ts';
import type { Diagnostic } from '../policy/diagnostic.ts';
import type { MeshService, ServiceKey } from '../policy/service.ts';
import type { Split } from '../policy/split.ts';
import { onceFor } from '../common/once-for.ts';
import { isFinished } from './pod-state.ts';
import { type BoundedInbound, boundInbound } from './inbound-bounds.ts';
import { type BoundedRules, boundOpened } from './opened-bounds.ts';
import { type BoundedServices, boundPorts } from './port-bounds.ts';
import { type BoundedReach, boundAccounts, boundEndpoints } from './reach-bounds.ts';
import { type Remembered, remember } from '../common/remember.ts';
import type { Selection } from './selection.ts';
import { boundSelections } from './selection-bounds.ts';
import type { NamespaceSlices } from './slices.ts';

/** The Services for which pods are selected, after each bound in turn. */
export interface SelectingServices {
  /** Without the newest Services, where there are too many for the number of pods. */
  readonly selecting: BoundedReach;
  /** Without the ports that exceed the bounds of a Service and of the namespace. */
  readonly bounded: BoundedServices;
  /** Without the ports that have too many addresses behind them. */
  readonly led: BoundedReach;
}

export interface NamespaceBounds extends SelectingServices {
  /** The Services that count: also without the ports that have too many accounts or pods behind them. */
  readonly reached: BoundedReach;
  readonly opened: Remembered<BoundedRules>;
  /** The workloads and rules that count. */
  readonly inbound: BoundedInbound;
}

export function boundSelecting(
  { Service: services, Pod: pods }: NamespaceSnapshot,
  slices: NamespaceSlices,
  known: Partial<NamespaceBounds>,
): SelectingServices {
  const selecting = boundSelections(services, livingPods(pods), known.selecting);
  const all = selecting.services;
  const bounded = boundPorts(all, known.bounded);
  const led = boundEndpoints({ all, kept: bounded.services }, slices, known.led);
  return { selecting, bounded, led };
}

const livingPods = onceFor((pods: NamespaceSnapshot['Pod']): number => {
  let count = 0;
  for (const pod of pods.values()) if (!isFinished(pod)) count += 1;
  return count;
});

export function boundReached(
  { selecting, led }: SelectingServices,
  selection: Selection,
  known: Partial<NamespaceBounds>,
): BoundedReach {
  const services = { all: selecting.services, kept: led.services };
  return boundAccounts(services, selection, known.reached);
}

export interface AccessInput extends Pick<BoundedInbound, 'rules' | 'workloads'> {
  readonly input: NamespaceSnapshot;
  readonly services: ReadonlyMap<ServiceKey, MeshService>;
  readonly splits: ReadonlyMap<ServiceKey, Split>;
}

export function boundAccess(
  { input, rules: all, workloads, services: compiled, splits }: AccessInput,
  known: Partial<NamespaceBounds>,
): Pick<NamespaceBounds, 'opened' | 'inbound'> {
  const { Service: services, TrafficTarget: targets } = input;
  const opened = remember(known.opened, [all, compiled, splits, targets], () =>
    boundOpened({ rules: all, services: compiled, splits, targets }),
  );
  const { rules } = opened.value;
  const inbound = boundInbound({ rules, workloads, services, targets }, known.inbound);
  return { opened, inbound };
}

export function diagnosticsOf(bounds: NamespaceBounds): readonly (readonly Diagnostic[])[] {
  const { selecting, bounded, led, reached, opened, inbound } = bounds;
  return [selecting, bounded, led, reached, opened.value, inbound].map(
    ({ diagnostics }) => diagnostics,
  );
}
