// Input: one namespace of the mesh. Output: its part of the model. Rule: of other namespaces only the holders
// of addresses are looked up, so a namespace is compiled again only when its objects or addresses changed; within it,
// only what the change touches.
import type { Pod } from '../api/core.ts';
import type { NamespaceSnapshot } from '../cluster/snapshot.ts';
import type { Diagnostic } from '../policy/diagnostic.ts';
import type { MeshService, ServiceKey } from '../policy/service.ts';
import type { AddressBook } from './address-book.ts';
import type { Dispute } from './address-claims.ts';
import { assumedProtocols } from './assumed-protocol.ts';
import { keyOf, type LostAddresses } from './cluster-ips.ts';
import { emptyBackends } from './empty-backends.ts';
import { compileEndpoints, type NamespaceEndpoints } from './endpoints.ts';
import { disputedPods } from './disputed-pods.ts';
import { listNeverPlaintext } from './never-plaintext.ts';
import { compileLayer, type Layer } from './layer.ts';
import { compilePolicies, type NamespacePolicies, policyDiagnostics } from './policies.ts';
import {
  boundAccess,
  boundReached,
  boundSelecting,
  diagnosticsOf,
  type NamespaceBounds,
  type SelectingServices,
} from './namespace-bounds.ts';
import { siftLeftOut } from './left-out.ts';
import type { Plaintext } from './plaintext.ts';
import { isWorkload } from './pod-state.ts';
import { type Remembered, remember, sameItems } from '../common/remember.ts';
import { portlessServices } from './portless-services.ts';
import { type Selection, selectPods } from './selection.ts';
import { compileService, type CompiledService } from './services.ts';
import { sharedAddresses } from './shared-address.ts';
import { groupSlices, nameAddress, type NamespaceSlices } from './slices.ts';
import { compileWorkloads, type NamespaceWorkloads } from './namespace-workloads.ts';

/** What a namespace's compilation depends on besides its objects. */
export interface Scope {
  readonly meshName: string;
  readonly clusterDomain: string;
}

/** What one compilation of all namespaces has in common. */
export interface NamespaceContext {
  readonly scope: Scope;
  readonly plaintext: Plaintext;
  readonly addresses: Addresses;
}

/** The holders of addresses in the whole cluster. */
export interface Addresses {
  readonly book: AddressBook;
  /** Addresses whose holders changed since the compilation before. */
  readonly changed: ReadonlySet<string>;
  readonly lost: LostAddresses;
}

/** The compiled namespace, with the memo that lets the next compile redo only what changed. */
export interface CompiledNamespace extends NamespaceBounds, NamespacePolicies {
  readonly input: NamespaceSnapshot;
  readonly scope: Scope;
  readonly plaintext: Plaintext;
  readonly lost: LostAddresses;
  /** The disputes over addresses of its pods. */
  readonly disputes: ReadonlyMap<string, Dispute>;
  readonly slices: NamespaceSlices;
  readonly selection: Selection;
  readonly services: Layer<CompiledService, ServiceKey, MeshService>;
  readonly workloads: NamespaceWorkloads;
  readonly endpoints: NamespaceEndpoints;
  readonly shared: Remembered<readonly Diagnostic[]>;
  readonly empty: Remembered<readonly Diagnostic[]>;
  readonly portless: Remembered<readonly Diagnostic[]>;
  readonly disputed: Remembered<readonly Diagnostic[]>;
  readonly assumed: Remembered<readonly Diagnostic[]>;
  readonly neverPlaintext: Remembered<readonly string[]>;
  /** Diagnostics on objects that have no room in memory. */
  readonly leftOut: readonly Diagnostic[];
  readonly diagnostics: Remembered<readonly Diagnostic[]>;
}

/** The namespace compiled; `before` itself when nothing that it was made from changed. */
export function compileNamespace(
  snapshot: NamespaceSnapshot,
  around: NamespaceContext,
  before: CompiledNamespace | undefined,
): CompiledNamespace {
  const { input, diagnostics: leftOut } = siftLeftOut(snapshot);
  const known = before?.scope === around.scope ? before : undefined;
  if (known?.input === input && !isTouched(known, around)) return known;
  const parts = { ...compileParts(input, around, known), leftOut };
  return { ...parts, diagnostics: gatherDiagnostics(parts, known) };
}

function compileParts(
  whole: NamespaceSnapshot,
  { scope, plaintext, addresses }: NamespaceContext,
  known: Partial<CompiledNamespace> = {},
): Omit<CompiledNamespace, 'diagnostics' | 'leftOut'> {
  const { book, changed, lost } = addresses;
  const name = nameOf(whole);
  const disputes = disputesOf(name, book);
  const hasSidecar = (pod: Pod): boolean => isWorkload(pod, scope.meshName);
  const slices = groupSlices(whole.EndpointSlice, known.slices);
  const selecting = boundSelecting(whole, slices, known);
  const selectable = { ...whole, Service: selecting.led.services };
  const selection = selectPods({ input: selectable, slices, book, changed }, known.selection);
  const reached = boundReached(selecting, selection, known);
  const input = { ...whole, Service: reached.services };
  const services = compileServices({ input, scope, selection, lost }, known);
  const policies = compilePolicies({ input, scope, services: services.result }, known);
  const { splits, targets } = policies;
  const workloads = compileWorkloads({ input, scope, selection }, known.workloads);
  const bounds = boundAccess(
    {
      ...{ input, rules: targets.result, services: services.result },
      ...{ workloads: workloads.result, splits: splits.value.splits },
    },
    known,
  );
  const { behind } = selection;
  const others = unsoughtPods(whole, selecting, selection);
  const inputsOfList = [services.result, behind, others, plaintext, disputes];
  const endpoints = compileEndpoints(
    { input, services: services.result, slices, book, changed, hasSidecar, plaintext },
    known.endpoints,
  );
  const made = { selection, services, endpoints };
  return {
    ...{ input: whole, scope, plaintext, lost, disputes, slices },
    ...{ ...selecting, ...bounds, reached },
    workloads,
    ...policies,
    ...remarksOn({ ...made, ...policies, ...selecting, ...bounds, input }, known),
    ...made,
    neverPlaintext: remember(known.neverPlaintext, inputsOfList, () =>
      listNeverPlaintext({
        ...{ services: services.result, behind, others: others.values() },
        ...{ hasSidecar, plaintext, book },
      }),
    ),
    disputed: remember(known.disputed, [disputes], () => disputedPods(name, disputes)),
  };
}

const noPods: NamespaceSnapshot['Pod'] = new Map();

/** All pods, if there are Services for which no pods were selected because of a bound; otherwise none. */
function unsoughtPods(
  whole: NamespaceSnapshot,
  { selecting }: SelectingServices,
  { beyond }: Selection,
): NamespaceSnapshot['Pod'] {
  return beyond.size === 0 && selecting.services === whole.Service ? noPods : whole.Pod;
}

type Remarks = Pick<CompiledNamespace, 'empty' | 'assumed' | 'portless' | 'shared'>;
type Remarked = Pick<
  CompiledNamespace,
  'input' | 'selecting' | 'selection' | 'services' | 'splits' | 'endpoints' | 'inbound'
>;

/** Diagnostics on objects that are in force. */
function remarksOn(
  { input, selecting, selection, services, splits, endpoints, inbound }: Remarked,
  known: Partial<CompiledNamespace>,
): Remarks {
  const { rules } = inbound;
  // A Service that lost all its ports to a bound is not one without ports.
  const all = selecting.services;
  return {
    empty: remember(known.empty, [input.TrafficSplit, splits, endpoints.endpoints], () =>
      emptyBackends(input.TrafficSplit, splits.value.splits, endpoints.endpoints),
    ),
    assumed: remember(known.assumed, [input.Service, services.result, rules], () =>
      assumedProtocols(input.Service, services.result, rules),
    ),
    portless: remember(known.portless, [all, selection.behind], () =>
      portlessServices(all, selection.behind),
    ),
    shared: remember(known.shared, [input.Service, selection.behind], () =>
      sharedAddresses(input.Service, selection.behind),
    ),
  };
}

/**
 * Whether a namespace with unchanged objects must be compiled again: addresses that its EndpointSlices name have other
 * holders, its disputes or the lost addresses of Services changed, or plaintext is allowed differently.
 */
function isTouched(
  known: CompiledNamespace,
  { plaintext, addresses: all }: NamespaceContext,
): boolean {
  const { book, changed, lost } = all;
  if (known.lost !== lost || known.plaintext !== plaintext) return true;
  if (known.disputes !== disputesOf(nameOf(known.input), book)) return true;
  if (changed.size === 0) return false;
  return [...known.slices.byService.values()].some((slices) => nameAddress(slices, changed));
}

const undisputed: CompiledNamespace['disputes'] = new Map();

function disputesOf(name: string, { disputes }: AddressBook): CompiledNamespace['disputes'] {
  return disputes.byNamespace.get(name) ?? undisputed;
}

function nameOf({ Namespace: namespace }: NamespaceSnapshot): string {
  return namespace?.metadata.name ?? '';
}

type ServicesInput = Pick<CompiledNamespace, 'input' | 'scope' | 'selection' | 'lost'>;

const nothingLost: NonNullable<ReturnType<LostAddresses['get']>> = [];

function compileServices(
  { input, scope, selection, lost: all }: ServicesInput,
  known: Partial<CompiledNamespace>,
): CompiledNamespace['services'] {
  const hasSidecar = (pod: Pod): boolean => isWorkload(pod, scope.meshName);
  return compileLayer(known.services, {
    inputs: [input.Service, selection.behind, all],
    items: () =>
      [...selection.behind].flatMap(([name, behind]) => {
        const service = input.Service.get(name);
        if (service === undefined) return [];
        const lost = all.get(keyOf(service)) ?? nothingLost;
        const make = (): CompiledService => compileService(service, { behind, lost, hasSidecar });
        return [{ name, inputs: [service, behind, lost], make }];
      }),
    collect: (values) => new Map(values.map(({ service }) => [service.key, service])),
  });
}

function gatherDiagnostics(
  parts: Omit<CompiledNamespace, 'diagnostics'>,
  known: CompiledNamespace | undefined,
): Remembered<readonly Diagnostic[]> {
  const lists = [
    ...diagnosticsOf(parts),
    parts.services.diagnostics,
    parts.endpoints.diagnostics,
    parts.shared.value,
    parts.disputed.value,
    parts.assumed.value,
    ...policyDiagnostics(parts),
    parts.empty.value,
    parts.portless.value,
    parts.workloads.diagnostics,
    parts.leftOut,
  ];
  return known !== undefined && sameItems(known.diagnostics.inputs, lists)
    ? known.diagnostics
    : remember(known?.diagnostics, lists, () => lists.flat());
}
