// Input: an object as the API server gives it. Output: only the fields that the mesh is made of,
// frozen. Rule: nothing else is kept in memory, and a change of anything else changes nothing.
import type { Container, EndpointSlice, KubernetesObject, Pod, Service } from '../api/core.ts';
import { originalProbes } from '../api/labels.ts';
import { deepFreeze } from '../common/freeze.ts';
import type { ClusterKind, ClusterKinds } from './snapshot.ts';

/** The part of an object that a snapshot keeps. Total: also for an object of an unexpected shape. */
export function trim<K extends ClusterKind>(kind: K, object: KubernetesObject): ClusterKinds[K] {
  const shape: (object: KubernetesObject) => object = shapes[kind];
  return deepFreeze(shape(object)) as ClusterKinds[K];
}

const shapes: Readonly<Record<ClusterKind, (object: KubernetesObject) => object>> = {
  Namespace: namespace,
  Pod: (object) => pod(object as Pod),
  Service: (object) => service(object as Service),
  EndpointSlice: (object) => endpointSlice(object as EndpointSlice),
  TrafficTarget: policy,
  HTTPRouteGroup: policy,
  TCPRoute: policy,
  TrafficSplit: policy,
};

function head(object: KubernetesObject): Pick<KubernetesObject, 'apiVersion' | 'kind'> {
  return { apiVersion: object.apiVersion, kind: object.kind };
}

/** Who the object is; resourceVersion is kept for the reflector, which compares lists by it. */
function identity(object: KubernetesObject): object {
  const { name, namespace, uid, resourceVersion } = object.metadata;
  return defined({ name, namespace, uid, resourceVersion });
}

/** A copy without the fields that are undefined. */
function defined(value: object): object {
  return Object.fromEntries(Object.entries(value).filter(([, inner]) => inner !== undefined));
}

function list<T>(value: readonly T[] | undefined): readonly T[] {
  return Array.isArray(value) ? (value as readonly T[]) : [];
}

/** Labels say which mesh; annotations in the mesh's own group say how its pods are treated. */
function namespace(object: KubernetesObject): object {
  const { labels, annotations = {} } = object.metadata;
  const own = Object.entries(annotations).filter(([key]) => key.startsWith(meshGroup));
  const metadata = { ...identity(object), labels, annotations: Object.fromEntries(own) };
  return { ...head(object), metadata: defined(metadata) };
}

const meshGroup = 'openservicemesh.io/';

/** Policies keep their spec whole; labels, annotations and status say nothing to the mesh. */
function policy(object: KubernetesObject): object {
  const { generation, creationTimestamp } = object.metadata;
  const metadata = defined({ ...identity(object), generation, creationTimestamp });
  return { ...head(object), metadata, spec: (object as { spec?: unknown }).spec };
}

function pod(object: Pod): object {
  const { labels, annotations } = object.metadata;
  const probes = annotations?.[originalProbes];
  const status = object.status;
  return {
    ...head(object),
    metadata: defined({
      ...identity(object),
      labels,
      annotations: probes === undefined ? undefined : { [originalProbes]: probes },
    }),
    spec: defined({
      serviceAccountName: object.spec.serviceAccountName,
      nodeName: object.spec.nodeName,
      hostNetwork: object.spec.hostNetwork,
      containers: list(object.spec.containers).map(container),
      initContainers: object.spec.initContainers
        ?.filter((one) => one.restartPolicy === 'Always')
        .map(container),
    }),
    status: defined({ phase: status?.phase, podIP: status?.podIP, podIPs: status?.podIPs }),
  };
}

function container(object: Container): object {
  const ports = object.ports?.map(({ name, containerPort, protocol }) =>
    defined({ name, containerPort, protocol }),
  );
  return defined({ name: object.name, ports });
}

function service(object: Service): object {
  const { type, clusterIP, clusterIPs, selector } = object.spec;
  const ports = object.spec.ports?.map(({ name, port, protocol, appProtocol, targetPort }) =>
    defined({ name, port, protocol, appProtocol, targetPort }),
  );
  const { generation, creationTimestamp } = object.metadata;
  return {
    ...head(object),
    metadata: defined({ ...identity(object), generation, creationTimestamp }),
    spec: defined({ type, clusterIP, clusterIPs, selector, ports }),
  };
}

const serviceNameLabel = 'kubernetes.io/service-name';

function endpointSlice(object: EndpointSlice): object {
  const name = object.metadata.labels?.[serviceNameLabel];
  return {
    ...head(object),
    metadata: {
      ...identity(object),
      labels: name === undefined ? {} : { [serviceNameLabel]: name },
    },
    addressType: object.addressType,
    endpoints: list(object.endpoints).map(({ addresses, hostname, conditions, targetRef }) =>
      defined({
        addresses: list(addresses),
        hostname,
        conditions:
          conditions && defined({ ready: conditions.ready, terminating: conditions.terminating }),
        targetRef:
          targetRef && defined({ kind: targetRef.kind, name: targetRef.name, uid: targetRef.uid }),
      }),
    ),
    ports: list(object.ports).map(({ name: portName, port, protocol }) =>
      defined({ name: portName, port, protocol }),
    ),
  };
}
