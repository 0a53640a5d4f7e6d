// Input: the rules and workloads of a namespace. Output: the same without what would make the proxies of one account
// too large. Rule: a proxy has a chain for each caller at each port for each Service, with all requests that are
// allowed there. This product is bounded; the oldest objects stay (docs/decisions/0120).
import type { KubernetesObject, Service } from '../api/core.ts';
import type { TrafficTarget } from '../api/gen/traffic-target.ts';
import type { ByName } from '../cluster/snapshot.ts';
import { onceFor } from '../common/once-for.ts';
import type { AccessRule } from '../policy/access.ts';
import type { Diagnostic } from '../policy/diagnostic.ts';
import type { IdentityKey } from '../policy/identity.ts';
import type { ServedPort, Workload } from '../policy/workload.ts';
import { byAge } from '../cluster/by-age.ts';
import { refuse } from '../cluster/diagnose.ts';
import { costOfWay, mostOfRule } from './inbound-cost.ts';
import { firstBeyond, type SweepStep } from './inbound-sweep.ts';
import { sameItems, shareMap } from '../common/remember.ts';

/** The most bytes of configuration, about, that the rules and Services of one account make for each of its proxies. */
const maxInboundBytes = 16 * 1024 * 1024;

type Rules = ReadonlyMap<IdentityKey, readonly AccessRule[]>;
type Workloads = ReadonlyMap<string, Workload>;

export interface InboundInput {
  readonly rules: Rules;
  readonly workloads: Workloads;
  readonly services: ByName<Service>;
  readonly targets: ByName<TrafficTarget>;
}

export interface BoundedInbound {
  readonly inputs: readonly unknown[];
  /** The very same maps while nothing is left out. */
  readonly rules: Rules;
  readonly workloads: Workloads;
  readonly diagnostics: readonly Diagnostic[];
}

/** Costs the pods and rules of the namespace when some of them changed. */
export function boundInbound(input: InboundInput, before?: BoundedInbound): BoundedInbound {
  const { rules, workloads, services, targets } = input;
  const inputs = [rules, workloads, services, targets];
  if (before !== undefined && sameItems(before.inputs, inputs)) return before;
  const cuts = cutsOf(input);
  if (cuts.size === 0) return { inputs, rules, workloads, diagnostics: none };
  const left = new Set<KubernetesObject>([...cuts.values()].flatMap(({ objects }) => objects));
  const isKept = ({ origins }: AccessRule): boolean =>
    !left.has(targets.get(origins[0]?.name ?? '') as KubernetesObject);
  const keptRules = new Map(rules);
  for (const [account] of cuts) {
    const kept = (rules.get(account) ?? []).filter(isKept);
    if (kept.length > 0) keptRules.set(account, kept);
    else keptRules.delete(account);
  }
  const kept = [...workloads].map(([uid, workload]): [string, Workload] => [
    uid,
    withoutServices(workload, cuts.get(workload.account)),
  ]);
  return {
    inputs,
    rules: shareMap(before?.rules, keptRules),
    workloads: shareMap(before?.workloads, new Map(kept)),
    diagnostics: [...cuts.values()].flatMap(diagnosticsOf),
  };
}

const none: readonly Diagnostic[] = [];

/** What is left out at one account: the first object that exceeds the bound, and all younger ones. */
interface Cut {
  readonly account: IdentityKey;
  readonly objects: readonly KubernetesObject[];
  readonly services: ReadonlySet<string>;
}

function cutsOf(input: InboundInput): ReadonlyMap<IdentityKey, Cut> {
  const wide = new Map<IdentityKey, Workload['served'][]>();
  const mosts = new Map<IdentityKey, number>();
  for (const { account, served } of input.workloads.values()) {
    const most = mosts.get(account) ?? mostAt(input.rules.get(account) ?? []);
    mosts.set(account, most);
    if (waysOf(served) * most <= maxInboundBytes) continue;
    const known = wide.get(account);
    if (known === undefined) wide.set(account, [served]);
    else known.push(served);
  }
  const cuts = new Map<IdentityKey, Cut>();
  for (const [account, pods] of wide) {
    const cut = cutAt(account, pods, input);
    if (cut !== undefined) cuts.set(account, cut);
  }
  return cuts;
}

/** The longest name of a Service, with its namespace. */
const longestName = 127;

/** An upper bound, in bytes, of what the rules cost at one port for one Service. */
function mostAt(rules: readonly AccessRule[]): number {
  return rules
    .map(mostOfRule)
    .reduce(
      (sum, { bytes, names }) => sum + bytes + names * longestName,
      costOfWay.bytes + costOfWay.names * longestName,
    );
}

function waysOf(served: Workload['served']): number {
  return served.reduce((sum, { services }) => sum + services.length, 0);
}

/** Pods that serve different ports are counted separately, up to this many kinds; with more, all are counted as one. */
const maxKinds = 16;

const kindOf = onceFor((served: Workload['served']): string => JSON.stringify(served));

function cutAt(
  account: IdentityKey,
  pods: readonly Workload['served'][],
  input: InboundInput,
): Cut | undefined {
  const kinds = new Map(pods.map((served) => [kindOf(served), served]));
  const counted = kinds.size > maxKinds ? [[...kinds.values()].flat()] : [...kinds.values()];
  const row = rowOf(account, counted, input);
  const at = firstBeyond(
    row.map(([, step]) => step),
    maxInboundBytes,
  );
  if (at === undefined) return undefined;
  const objects = [...new Set(row.slice(at).map(([object]) => object))];
  const keyOf = ({ metadata }: KubernetesObject): string =>
    `${metadata.namespace ?? ''}/${metadata.name}`;
  const services = new Set(objects.filter(isService).map(keyOf));
  return { account, objects, services };
}

function isService(object: KubernetesObject): boolean {
  return object.kind === 'Service';
}

/**
 * The rules and Services of an account by age, each with what it adds; a Service adds to each kind of pods that it
 * leads to.
 */
function rowOf(
  account: IdentityKey,
  kinds: readonly Workload['served'][],
  { rules, services, targets }: InboundInput,
): readonly (readonly [KubernetesObject, SweepStep])[] {
  const steps: (readonly [KubernetesObject, SweepStep])[] = [];
  for (const rule of rules.get(account) ?? []) {
    const target = targets.get(rule.origins[0]?.name ?? '');
    if (target !== undefined) steps.push([target, { rule }]);
  }
  for (const [kind, served] of kinds.entries()) {
    for (const [key, ports] of portsByService(served)) {
      const service = services.get(key.slice(key.indexOf('/') + 1));
      if (service !== undefined) steps.push([service, { service: key, ports, kind }]);
    }
  }
  return steps.sort(([a], [b]) => byAge(a, b));
}

function portsByService(served: readonly ServedPort[]): ReadonlyMap<string, readonly ServedPort[]> {
  const led = new Map<string, Map<string, ServedPort>>();
  for (const port of served) {
    for (const key of port.services) {
      const ports = led.get(key) ?? new Map<string, ServedPort>();
      led.set(key, ports.set(`${port.targetPort} ${port.protocol}`, port));
    }
  }
  return new Map([...led].map(([key, ports]) => [key, [...ports.values()]]));
}

interface Reduced {
  readonly of: ReadonlySet<string>;
  readonly workload: Workload;
}

const reduced = new WeakMap<Workload, Reduced>();

function withoutServices(workload: Workload, cut: Cut | undefined): Workload {
  if (cut === undefined || cut.services.size === 0) return workload;
  const known = reduced.get(workload);
  if (known !== undefined && sameItems([...known.of], [...cut.services])) return known.workload;
  const served = workload.served
    .map((port) => ({ ...port, services: port.services.filter((one) => !cut.services.has(one)) }))
    .filter(({ services }) => services.length > 0);
  const made = { ...workload, served };
  reduced.set(workload, { of: cut.services, workload: made });
  return made;
}

function diagnosticsOf({ account, objects }: Cut): readonly Diagnostic[] {
  const most = `about ${String(maxInboundBytes / 1024 / 1024)} MB, and older Services and TrafficTargets have priority`;
  const holds = `each proxy of ServiceAccount ${account} holds a filter chain for every source at every port of every Service, and the matches that are allowed there, together at most`;
  const next =
    'name fewer sources, ports or matches in TrafficTargets, delete unused ports and Services, or run pods that serve different things as different ServiceAccounts';
  return objects.map((object) =>
    isService(object)
      ? refuse(
          object,
          'service-ports-limited',
          `spec.ports: pods of ServiceAccount ${account} serve no port of this Service, so calls to its ports are refused: ${holds} ${most}: ${next}`,
        )
      : refuse(
          object,
          'target-too-wide',
          `spec.sources and spec.rules need more configuration than the limit, so this TrafficTarget allows no traffic: ${holds} ${most}: ${next}`,
        ),
  );
}
