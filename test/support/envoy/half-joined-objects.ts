import type {
  EndpointSlice,
  KubernetesObject,
  Service,
  ServicePort,
} from '../../../src/api/core.ts';
import {
  makeEndpointSlice,
  makePod,
  makeService,
  withoutSelector,
} from '../builders/make-object.ts';
import type { TestPod } from './pod.ts';

/** A pod of the test as the API server shows it, labelled `app` and, if given, `group`. */
export function podObject(
  pod: Pick<TestPod, 'address'>,
  options: { name: string; app: string; namespace: string; sidecar?: boolean; group?: string },
): KubernetesObject {
  const { name, app, namespace, sidecar = true, group } = options;
  const labels = group === undefined ? {} : { group };
  return makePod({ name, namespace, account: app, ip: pod.address, sidecar, labels });
}

interface Leading {
  readonly name: string;
  readonly namespace: string;
  readonly clusterIP: string;
  readonly ports: readonly ServicePort[];
  /** What the service selects; nothing: its slice is written by hand. */
  readonly selector?: Readonly<Record<string, string>>;
  /** Pods by name with their addresses, or bare addresses. */
  readonly pods: Readonly<Record<string, string>> | readonly string[];
}

/** A Service and the EndpointSlice that leads to its pods. */
export function leading(options: Leading): readonly KubernetesObject[] {
  const { selector, pods, ports, ...named } = options;
  const plain = withoutSelector(makeService({ ...named, ports }));
  const service: Service =
    selector === undefined ? plain : { ...plain, spec: { ...plain.spec, selector } };
  const made = makeEndpointSlice({
    ...{ service: named.name, namespace: named.namespace },
    pods: isList(pods) ? {} : pods,
    ports: ports.map(({ name, port, targetPort }) => ({
      ...(name === undefined ? {} : { name }),
      port: typeof targetPort === 'number' ? targetPort : port,
      protocol: 'TCP',
    })),
  });
  const slice: EndpointSlice = isList(pods)
    ? { ...made, endpoints: pods.map((address) => ({ addresses: [address] })) }
    : made;
  return [service, slice];
}

function isList(pods: Leading['pods']): pods is readonly string[] {
  return Array.isArray(pods);
}
