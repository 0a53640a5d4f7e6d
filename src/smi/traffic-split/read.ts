// Input: a TrafficSplit. Output: the split that it asks for, or what is wrong with it whatever else is in the cluster.
import type { TrafficSplit } from '../../api/gen/traffic-split.ts';
import { originOf, refuse } from '../../cluster/diagnose.ts';
import { fields, integer, list, text } from '../../common/shape.ts';
import type { Diagnostic } from '../../policy/diagnostic.ts';
import type { PolicyReader, ReadScope } from '../../policy/policy-reader.ts';
import { type ServiceKey, serviceKey } from '../../policy/service.ts';
import type { Split } from '../../policy/split.ts';

/** A TrafficSplit, read without the services that it names. */
export interface ReadTrafficSplit {
  readonly split: Split | undefined;
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * Reads a TrafficSplit without the services that it names: the split, or what is wrong with it. Without a cluster
 * domain, any domain is accepted.
 */
function readSplit(object: TrafficSplit, { clusterDomain }: ReadScope): ReadTrafficSplit {
  const problem = refusalOf(object, clusterDomain);
  if (problem !== undefined) return { split: undefined, diagnostics: [problem] };
  const { service, backends } = object.spec;
  const keyOf = (written: string): ServiceKey => {
    const namespace = object.metadata.namespace ?? '';
    return serviceKey(namespace, localName(written, namespace, clusterDomain) ?? '');
  };
  const weights = new Map<ServiceKey, number>();
  for (const backend of backends) {
    const key = keyOf(backend.service);
    weights.set(key, (weights.get(key) ?? 0) + backend.weight);
  }
  const split: Split = {
    origins: [originOf(object)],
    apex: keyOf(service),
    backends: [...weights].map(([key, weight]) => ({ service: key, weight, ports: [] })),
  };
  return { split, diagnostics: [] };
}

const shape = fields({
  service: text,
  backends: list(fields({ service: text, weight: integer(0, 2 ** 32 - 1) })),
  'matches?': list(fields({})),
});

function refusalOf(
  object: TrafficSplit,
  clusterDomain: string | undefined,
): Diagnostic | undefined {
  const malformed = shape(object.spec, 'spec');
  if (malformed !== undefined) return refuse(object, 'object-malformed', malformed);
  const { backends, matches = [], service } = object.spec;
  if (matches.length > 0) {
    return refuse(
      object,
      'split-matches-unsupported',
      'spec.matches is not supported yet, so Weft ignores this TrafficSplit: remove spec.matches to split all requests',
    );
  }
  const namespace = object.metadata.namespace ?? '';
  const written = [service, ...backends.map((backend) => backend.service)];
  const stranger = written.find((one) => localName(one, namespace, clusterDomain) === undefined);
  if (stranger !== undefined) {
    return refuse(
      object,
      'object-malformed',
      `${stranger === service ? 'spec.service' : 'spec.backends'}: "${stranger}" does not name a service of namespace ${namespace}; a split and all its services share one namespace`,
    );
  }
  return weightRefusal(object);
}

function weightRefusal(object: TrafficSplit): Diagnostic | undefined {
  const sum = object.spec.backends.reduce((total, backend) => total + backend.weight, 0);
  if (sum === 0) {
    return refuse(
      object,
      'split-without-weight',
      'spec.backends: all weights are 0, so no backend would get a call; give at least one backend a weight above 0',
    );
  }
  if (sum < 2 ** 32) return undefined;
  return refuse(
    object,
    'object-malformed',
    'spec.backends: the sum of all weights is above 4294967295; weights are relative, so divide all weights by the same number',
  );
}

/**
 * The own name of a service in `namespace`, from `svc`, `svc.ns`, `svc.ns.svc` … up to the full name; undefined
 * otherwise.
 */
function localName(
  written: string,
  namespace: string,
  clusterDomain: string | undefined,
): string | undefined {
  const [name = '', ...rest] = written.split('.');
  const expected = [namespace, 'svc', ...(clusterDomain ?? rest.slice(2).join('.')).split('.')];
  const local = rest.every((label, index) => label === expected[index]);
  return local && /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/.test(name) ? name : undefined;
}

export const trafficSplitReader: PolicyReader<TrafficSplit, ReadTrafficSplit> = {
  read: readSplit,
  refused: ['object-malformed', 'split-without-weight'],
};
