// Input: what was left out of a service's endpoints. Output: a diagnostic for each kind of reason.
import type { Service } from '../api/core.ts';
import type { Diagnostic } from '../policy/diagnostic.ts';
import { refuse } from '../cluster/diagnose.ts';
import type { Plaintext } from './plaintext.ts';

/** What was left out, each once: texts that name it. */
export interface LeftOutEndpoints {
  /** `<address>: <reason>`. */
  readonly foreign: Set<string>;
  /** Names of pods. */
  readonly withoutSidecar: Set<string>;
  /** Addresses. */
  readonly outside: Set<string>;
}

export function nothingLeftOut(): LeftOutEndpoints {
  return { foreign: new Set(), withoutSidecar: new Set(), outside: new Set() };
}

export function addLeftOut(all: LeftOutEndpoints, more: LeftOutEndpoints): void {
  for (const address of more.foreign) all.foreign.add(address);
  for (const pod of more.withoutSidecar) all.withoutSidecar.add(pod);
  for (const address of more.outside) all.outside.add(address);
}

export function endpointFaults(
  service: Service,
  { foreign, withoutSidecar, outside }: LeftOutEndpoints,
  plaintext: Plaintext,
): readonly Diagnostic[] {
  const { namespace = '' } = service.metadata;
  const found: Diagnostic[] = [];
  if (foreign.size > 0) {
    found.push(
      refuse(
        service,
        'service-endpoint-foreign',
        `its EndpointSlices contain ${listed(foreign)}, and Weft routes no calls there: the endpoints of a Service must be pods of the namespace of the Service, each with the address of that pod, or addresses outside the mesh; correct or delete the EndpointSlice (kubectl get endpointslices -n ${namespace} -l kubernetes.io/service-name=${service.metadata.name})`,
      ),
    );
  }
  if (withoutSidecar.size > 0) {
    found.push(
      refuse(
        service,
        'service-without-sidecar',
        `without a sidecar: ${listed(withoutSidecar)}; in strict mode, the mesh calls only endpoints that prove their identity, so these get no calls from the mesh. If they are outside the mesh on purpose, do nothing. Otherwise enable injection for the namespace (kubectl annotate namespace ${namespace} --overwrite openservicemesh.io/sidecar-injection=enabled; without a label openservicemesh.io/ignore), remove openservicemesh.io/sidecar-injection: disabled from the pod templates that have it, and restart the workloads (kubectl rollout restart deployment -n ${namespace})`,
      ),
    );
  }
  if (outside.size > 0) found.push(outsideFault(service, outside, plaintext));
  return found;
}

function outsideFault(
  service: Service,
  outside: ReadonlySet<string>,
  plaintext: Plaintext,
): Diagnostic {
  const remedy =
    plaintext === 'none'
      ? 'in strict mode, the name of a service leads to sidecars only: call the address itself, or a DNS name outside the mesh, and set spec.traffic.enableEgress of the MeshConfig to true'
      : 'set spec.traffic.enableEgress of the MeshConfig to true, or add the workload at that address to the mesh';
  return refuse(
    service,
    'service-endpoint-outside',
    `outside the mesh: ${listed(outside)}; calls to it are egress, so Weft routes none through this service: ${remedy}`,
  );
}

const shown = 5;

function listed(names: ReadonlySet<string>): string {
  const sorted = [...names].sort();
  const more = sorted.length - shown;
  return sorted.slice(0, shown).join(', ') + (more > 0 ? ` and ${more} more` : '');
}
