// Input: one namespace of the mesh. Output: all the mesh takes from it. Rule: nothing here looks at
// another namespace, so a namespace that did not change is not compiled again; within one that did,
// only what the change touches is.
import type { Pod, Service } from '../api/core.ts';
import type { ByName, NamespaceSnapshot } from '../cluster/snapshot.ts';
import type { AccessRule } from '../policy/access.ts';
import type { Diagnostic } from '../policy/diagnostic.ts';
import type { IdentityKey } from '../policy/identity.ts';
import { type MeshService, type ServiceKey, serviceKey } from '../policy/service.ts';
import type { Workload } from '../policy/workload.ts';
import { compileEndpoints, type NamespaceEndpoints } from './endpoints.ts';
import { type Compiled, compileLayer, type Layer } from './layer.ts';
import { type Remembered, remember, sameItems, shareMap } from './remember.ts';
import { compileRouteGroup, type CompiledRouteGroup } from './route-group.ts';
import { type Selection, selectPods } from './selection.ts';
import { compileService, type CompiledService } from './services.ts';
import { sharedAddresses } from './shared-address.ts';
import { compileTcpRoute, type CompiledTcpRoute } from './tcp-route.ts';
import { type CompiledSplits, compileSplits } from './traffic-split.ts';
import { type CompiledTarget, compileTrafficTarget } from './traffic-target.ts';
import {
  compileWorkload,
  type CompiledWorkload,
  isWorkload,
  type Leads,
  leadsOf,
} from './workloads.ts';

/** What a namespace's compilation depends on besides its objects. */
export interface Scope {
  readonly meshName: string;
  readonly clusterDomain: string;
}

/** One namespace in the mesh's words, with what it takes to make only the next change's. */
export interface CompiledNamespace {
  readonly input: NamespaceSnapshot;
  readonly scope: Scope;
  readonly selection: Selection;
  readonly services: Layer<CompiledService, ServiceKey, MeshService>;
  readonly splits: Remembered<CompiledSplits>;
  readonly leads: ReadonlyMap<ServiceKey, Leads>;
  readonly workloads: Layer<CompiledWorkload, string, Workload>;
  readonly endpoints: NamespaceEndpoints;
  readonly groups: Layer<CompiledRouteGroup, string, CompiledRouteGroup>;
  readonly tcp: Layer<CompiledTcpRoute, string, CompiledTcpRoute>;
  readonly targets: Layer<CompiledTarget, IdentityKey, readonly AccessRule[]>;
  readonly shared: Remembered<readonly Diagnostic[]>;
  readonly diagnostics: Remembered<readonly Diagnostic[]>;
}

/** The namespace compiled; `before` itself when nothing that it was made from changed. */
export function compileNamespace(
  input: NamespaceSnapshot,
  scope: Scope,
  before: CompiledNamespace | undefined,
): CompiledNamespace {
  const known = before?.scope === scope ? before : undefined;
  if (known?.input === input) return known;
  const selection = selectPods(input, known);
  const services = compileServices(input, selection, known);
  const splits = compileNamespaceSplits(input, { scope, services }, known);
  const leads = shareMap(known?.leads, leadsOf(splits.value.splits));
  const parts = {
    input,
    scope,
    selection,
    services,
    splits,
    leads,
    workloads: compileWorkloads({ input, scope, selection, leads }, known),
    endpoints: compileEndpoints(
      {
        input,
        services: services.result,
        hasSidecar: (pod) => isWorkload(pod, scope.meshName),
      },
      known?.endpoints,
    ),
    ...compileAccess(input, known),
    shared: remember(known?.shared, [services.result, selection], () =>
      sharedAddresses(services.result, selection),
    ),
  };
  return { ...parts, diagnostics: gatherDiagnostics(parts, known) };
}

function compileNamespaceSplits(
  input: NamespaceSnapshot,
  { scope, services }: Pick<CompiledNamespace, 'scope' | 'services'>,
  known: CompiledNamespace | undefined,
): CompiledNamespace['splits'] {
  return remember(known?.splits, [input.TrafficSplit, services.result, scope], () => {
    const { splits, diagnostics } = compileSplits({
      objects: [...input.TrafficSplit.values()],
      services: services.result,
      clusterDomain: scope.clusterDomain,
    });
    return { splits: shareMap(known?.splits.value.splits, splits), diagnostics };
  });
}

function compileServices(
  input: NamespaceSnapshot,
  selection: Selection,
  known: CompiledNamespace | undefined,
): CompiledNamespace['services'] {
  return compileLayer(known?.services, {
    inputs: [input.Service, selection],
    items: () =>
      [...selection].flatMap(([name, pods]) => {
        const service = input.Service.get(name);
        if (service === undefined) return [];
        return [{ name, inputs: [service, pods], make: () => compileService(service, pods) }];
      }),
    collect: (values) => new Map(values.map(({ service }) => [service.key, service])),
  });
}

function compileWorkloads(
  { input, scope, selection, leads }: WorkloadInput,
  known: CompiledNamespace | undefined,
): CompiledNamespace['workloads'] {
  return compileLayer(known?.workloads, {
    inputs: [input.Pod, input.Service, selection, leads],
    items: () => {
      const selecting = selectingServices(input.Service, selection);
      return sorted(input.Pod)
        .filter(([, pod]) => isWorkload(pod, scope.meshName))
        .map(([name, pod]) => {
          const services = (selecting.get(pod) ?? []).map((service) => ({
            service,
            leads: leads.get(keyOf(service)) ?? noLeads,
          }));
          const inputs = [pod, ...services.flatMap((one) => [one.service, one.leads])];
          return { name, inputs, make: () => compileWorkload(pod, services) };
        });
    },
    collect: (values) => new Map(values.map(({ workload }) => [workload.uid, workload])),
  });
}

type WorkloadInput = Pick<CompiledNamespace, 'input' | 'scope' | 'selection' | 'leads'>;

const noLeads: Leads = [];

function keyOf({ metadata }: Service): ServiceKey {
  return serviceKey(metadata.namespace ?? '', metadata.name);
}

/** The selection the other way round: the services that lead to each pod. */
function selectingServices(
  services: ByName<Service>,
  selection: Selection,
): ReadonlyMap<Pod, readonly Service[]> {
  const selecting = new Map<Pod, Service[]>();
  for (const [name, pods] of selection) {
    const service = services.get(name);
    if (service === undefined) continue;
    for (const pod of pods) {
      const known = selecting.get(pod);
      if (known === undefined) selecting.set(pod, [service]);
      else known.push(service);
    }
  }
  return selecting;
}

function compileAccess(
  input: NamespaceSnapshot,
  known: CompiledNamespace | undefined,
): Pick<CompiledNamespace, 'groups' | 'tcp' | 'targets'> {
  const groups = compileEach(known?.groups, input.HTTPRouteGroup, compileRouteGroup);
  const tcp = compileEach(known?.tcp, input.TCPRoute, compileTcpRoute);
  const routes = { groups: groups.result, tcp: tcp.result };
  const targets = compileLayer(known?.targets, {
    inputs: [input.TrafficTarget, groups.result, tcp.result],
    items: () =>
      sorted(input.TrafficTarget).map(([name, target]) => ({
        name,
        inputs: [target, groups.result, tcp.result],
        make: () => compileTrafficTarget(target, routes),
      })),
    collect: (values) => rulesByDestination(values.flatMap(({ rule }) => rule ?? [])),
  });
  return { groups, tcp, targets };
}

function compileEach<O, T extends Compiled & { readonly origin: { readonly name: string } }>(
  before: Layer<T, string, T> | undefined,
  objects: ByName<O>,
  compile: (object: O) => T,
): Layer<T, string, T> {
  return compileLayer(before, {
    inputs: [objects],
    items: () =>
      sorted(objects).map(([name, object]) => ({
        name,
        inputs: [object],
        make: () => compile(object),
      })),
    collect: (values) => new Map(values.map((value) => [value.origin.name, value])),
  });
}

/** By destination, in order; the rules of one keep the order of their names. */
function rulesByDestination(
  rules: readonly AccessRule[],
): ReadonlyMap<IdentityKey, readonly AccessRule[]> {
  const byDestination = new Map<IdentityKey, AccessRule[]>();
  for (const rule of rules) {
    const known = byDestination.get(rule.destination);
    if (known === undefined) byDestination.set(rule.destination, [rule]);
    else known.push(rule);
  }
  return new Map([...byDestination].sort(([a], [b]) => (a < b ? -1 : 1)));
}

function gatherDiagnostics(
  parts: Omit<CompiledNamespace, 'diagnostics'>,
  known: CompiledNamespace | undefined,
): Remembered<readonly Diagnostic[]> {
  const lists = [
    parts.services.diagnostics,
    parts.shared.value,
    parts.splits.value.diagnostics,
    parts.workloads.diagnostics,
    parts.groups.diagnostics,
    parts.tcp.diagnostics,
    parts.targets.diagnostics,
  ];
  return known !== undefined && sameItems(known.diagnostics.inputs, lists)
    ? known.diagnostics
    : remember(known?.diagnostics, lists, () => lists.flat());
}

function sorted<T>(objects: ByName<T>): (readonly [string, T])[] {
  return [...objects].sort(([a], [b]) => (a < b ? -1 : 1));
}
