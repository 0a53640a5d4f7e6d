// Input: the splits of a namespace and all its endpoints. Output: a warning for each backend that exists but has no
// ready endpoint. Rule: the split stays in force. The share of such a backend is answered 503, while that of a backend
// that does not exist goes to the others.
import type { TrafficSplit } from '../api/gen/traffic-split.ts';
import type { ByName } from '../cluster/snapshot.ts';
import type { Diagnostic } from '../policy/diagnostic.ts';
import { type EndpointMap, portKey } from '../policy/endpoints.ts';
import type { ServiceKey } from '../policy/service.ts';
import type { Split, SplitBackend } from '../policy/split.ts';
import { warn } from '../cluster/diagnose.ts';

export function emptyBackends(
  objects: ByName<TrafficSplit>,
  splits: ReadonlyMap<ServiceKey, Split>,
  endpoints: EndpointMap,
): readonly Diagnostic[] {
  return [...splits.values()].flatMap(({ origins, backends }) => {
    const object = objects.get(origins[0]?.name ?? '');
    if (object === undefined) return [];
    return backends
      .filter(({ weight }) => weight > 0)
      .flatMap((backend) => {
        const empty = backend.ports.filter((port) => isEmpty(backend, port, endpoints));
        return empty.length === 0 ? [] : [emptyBackend(object, backend, empty)];
      });
  });
}

function isEmpty({ service }: SplitBackend, port: number, endpoints: EndpointMap): boolean {
  return (endpoints.get(portKey(service, port)) ?? []).every(({ unready }) => unready === true);
}

function emptyBackend(
  object: TrafficSplit,
  { service, weight }: SplitBackend,
  ports: readonly number[],
): Diagnostic {
  const [namespace = '', name = ''] = service.split('/');
  return warn(
    object,
    'split-backend-empty',
    `spec.backends: service ${service} has no ready endpoint that the mesh may call at port ${ports.join(', ')}, so sidecars answer its share (weight ${weight}) with 503 and send none of it to the other backends (in strict mode, they reset the connection of a client that may call no pod at all): find out why (kubectl get endpointslices -n ${namespace} -l kubernetes.io/service-name=${name}), or set its weight to 0`,
  );
}
