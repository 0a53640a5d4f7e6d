// The bounds on memory for each namespace. Bytes are as weigh counts them, twice what V8 needs: a namespace at all
// its limits costs less than 64 MiB, including what is compiled from it (docs/decisions/0115).
import type { KubernetesObject } from '../api/core.ts';
import { kinds, type Kind } from '../api/kinds.ts';
import { policyKinds } from '../api/policy-kinds.ts';
import { leaveOut } from '../cluster/left-out.ts';
import { weigh } from './weigh.ts';
import { type BudgetLimits, NamespaceBudget } from '../kubernetes/budget.ts';
import type { Diagnostic } from '../policy/diagnostic.ts';
import type { ReflectOptions } from '../kubernetes/reflector-options.ts';

const [kibibyte, mebibyte] = [1024, 1024 * 1024];

/** Bytes that each object costs besides its data: it has a status, and places in maps. */
const base = { policies: 4 * kibibyte, workloads: kibibyte } as const;

const limits = {
  policies: { ofObject: 2 * mebibyte, ofNamespace: 16 * mebibyte, count: 4_096 },
  workloads: { ofObject: 4 * mebibyte, ofNamespace: 32 * mebibyte, count: 16_384 },
} as const satisfies Readonly<Record<string, BudgetLimits>>;

type Group = keyof typeof limits;

/** The group of each rationed kind: kinds that users of a namespace write, and kinds that follow from those. */
const groups: readonly (readonly [Kind, Group])[] = [
  ...Object.values(policyKinds).map((kind) => [kind, 'policies'] as const),
  [kinds.pod, 'workloads'],
  [kinds.service, 'workloads'],
  [kinds.endpointSlice, 'workloads'],
  [kinds.serviceAccount, 'workloads'],
];

/** Items that the API server puts into one answer: what it needs for one is bounded too. */
const pageSize = 100;

export interface Rations {
  /** The ration of a kind; empty for a kind that users of a namespace do not influence. */
  rationOf<T extends KubernetesObject>(
    kind: Kind,
    transform: ReflectOptions<T>['transform'],
  ): Pick<ReflectOptions<T>, 'ration' | 'pageSize'>;
  /** A diagnostic on each namespace with more objects than Weft keeps; the same list while these are the same. */
  crowded(): readonly Diagnostic[];
}

/**
 * Creates budgets for all kinds together. The control plane's own namespace weighs nothing, nor do ServiceAccounts, of
 * which only names are kept. Only the number of ServiceAccounts counts: Weft may list them, but not get one.
 */
export function createRations(home: string): Rations {
  const budgets = {
    policies: new NamespaceBudget(limits.policies),
    workloads: new NamespaceBudget(limits.workloads),
  };
  let lists: readonly (readonly string[])[] = [];
  let crowded: readonly Diagnostic[] = [];
  return {
    crowded: () => {
      const now = [budgets.policies.crowded, budgets.workloads.crowded];
      if (now.every((list, at) => list === lists[at])) return crowded;
      lists = now;
      crowded = [
        ...budgets.policies.crowded.map((namespace) => crowdedBy('policies', namespace)),
        ...budgets.workloads.crowded.map((namespace) => crowdedBy('workloads', namespace)),
      ];
      return crowded;
    },
    rationOf: (kind, transform) => {
      const group = groups.find(([one]) => one === kind)?.[1];
      if (group === undefined) return {};
      const budget = budgets[group];
      const hugeAt = huge[group];
      const isFree = ({ metadata }: KubernetesObject): boolean =>
        metadata.namespace === home || kind === kinds.serviceAccount;
      const isHuge = (object: KubernetesObject): boolean =>
        !isFree(object) && weigh(rawOf(group, object), hugeAt) > hugeAt;
      const weighOne = (object: KubernetesObject): number =>
        isFree(object) ? 0 : base[group] + weigh(object);
      return {
        pageSize,
        ration: { budget, isHuge, weigh: weighOne, standIn: standIn(group, transform) },
      };
    },
  };
}

const named = {
  policies: 'SMI policies',
  workloads: 'Pods, Services, EndpointSlices and ServiceAccounts',
} as const satisfies Readonly<Record<Group, string>>;

function crowdedBy(group: Group, namespace: string): Diagnostic {
  const most = limits[group].count.toLocaleString('en-US');
  return {
    code: 'namespace-crowded',
    severity: 'error',
    object: { kind: 'Namespace', namespace, name: namespace, generation: 0 },
    message: `this namespace has more than ${most} ${named[group]}: Weft ignores the newest, which get no status and no Event; remove some, or move them to another namespace`,
  };
}

/** What the cache keeps of an object without room: its identity. A policy also keeps its status, which says so. */
function standIn<T extends KubernetesObject>(
  group: Group,
  transform: ReflectOptions<T>['transform'],
) {
  return (object: T, weight: number): T => {
    const { status } = object as { readonly status?: unknown };
    const bare = leaveOut(object, reasonFor(group, weight)) as T;
    const small = transform?.(bare) ?? bare;
    return group === 'policies' && status !== undefined ? { ...small, status } : small;
  };
}

/**
 * The most bytes of an object as received. The cache keeps all of a policy's spec, but only a part of a workload, so a
 * workload may be larger when it is received.
 */
const huge = { policies: limits.policies.ofObject, workloads: 8 * mebibyte } as const;

function rawOf(group: Group, object: KubernetesObject): unknown {
  return group === 'policies' ? (object as { readonly spec?: unknown }).spec : object;
}

function reasonFor(group: Group, weight: number): string {
  const { ofObject, ofNamespace } = limits[group];
  return weight > ofObject
    ? `this object takes more than ${ofObject / kibibyte} KiB of memory, the limit of one object: split it into several objects`
    : `the ${group} of this namespace take more than ${ofNamespace / kibibyte} KiB of memory together, so Weft ignores those that came last: remove some, or move them to another namespace`;
}
