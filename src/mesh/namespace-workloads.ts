// Input: the pods and Services of a namespace, and which Service leads to which pod. Output: its workloads.
// Rule: a workload is compiled again only when its pod, its namespace or a Service that leads to it changed.
import type { Pod, Service } from '../api/core.ts';
import type { ByName, NamespaceSnapshot } from '../cluster/snapshot.ts';
import type { Workload } from '../policy/workload.ts';
import { compileLayer, type Layer } from './layer.ts';
import { sorted } from './readings.ts';
import { isWorkload } from './pod-state.ts';
import type { Selection } from './selection.ts';
import { compileWorkload, type CompiledWorkload, type LeadingService } from './workloads.ts';

export type NamespaceWorkloads = Layer<CompiledWorkload, string, Workload>;

interface WorkloadInput {
  readonly input: NamespaceSnapshot;
  readonly scope: { readonly meshName: string };
  readonly selection: Selection;
}

export function compileWorkloads(
  { input, scope, selection }: WorkloadInput,
  known: NamespaceWorkloads | undefined,
): NamespaceWorkloads {
  return compileLayer(known, {
    inputs: [input.Pod, input.Service, input.Namespace, selection.behind],
    items: () => {
      const leading = leadingServices(input.Service, selection);
      return sorted(input.Pod)
        .filter(([, pod]) => isWorkload(pod, scope.meshName))
        .map(([name, pod]) => {
          const services = leading.get(pod) ?? [];
          const inputs = [pod, input.Namespace, ...services.flatMap(inputsOf)];
          return { name, inputs, make: () => compileWorkload(pod, services, input.Namespace) };
        });
    },
    collect: (values) => new Map(values.map(({ workload }) => [workload.uid, workload])),
  });
}

/** The inputs of a pod's workload from one service: the other pods behind the service are not among them. */
function inputsOf({ service, behind }: LeadingService): readonly unknown[] {
  return [service, behind.unselected, behind.written];
}

/** The selection the other way round: the services that lead to each pod. */
function leadingServices(
  services: ByName<Service>,
  { behind: all }: Pick<Selection, 'behind'>,
): ReadonlyMap<Pod, readonly LeadingService[]> {
  const leading = new Map<Pod, LeadingService[]>();
  for (const [name, behind] of all) {
    const service = services.get(name);
    if (service === undefined) continue;
    const one = { service, behind };
    for (const pod of behind.pods) {
      const known = leading.get(pod);
      if (known === undefined) leading.set(pod, [one]);
      else known.push(one);
    }
  }
  return leading;
}
