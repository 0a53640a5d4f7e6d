// Input: an object as the API server gives it. Output: only the fields that the mesh uses, frozen. Rule: no other field
// is kept in memory, so a change of another field changes nothing. A field of the wrong type counts as absent.
import type { KubernetesObject } from '../api/core.ts';
import { isPolicyKind, type PolicyKind } from '../api/policy-kinds.ts';
import { injectionWarnings, metrics, originalProbes } from '../api/labels.ts';
import { deepFreeze } from '../common/freeze.ts';
import { leftOutOf } from './left-out.ts';
import { hasEnded } from './pod-end.ts';
import {
  address,
  addresses,
  flag,
  type Fields,
  fieldsOf,
  integer,
  portNumber,
  records,
  text,
  textMap,
  withoutDepths,
} from '../common/read.ts';
import type { ClusterKind, ClusterKinds } from './cluster-kinds.ts';

/** The part of an object that a snapshot keeps. Total: also for an object of an unexpected shape. */
export function trim<K extends ClusterKind>(kind: K, object: KubernetesObject): ClusterKinds[K] {
  const trimmed = keeperOf(kind)(object as unknown as Fields);
  const reason = leftOutOf(object);
  return deepFreeze(
    reason === undefined ? trimmed : { ...trimmed, leftOut: reason },
  ) as ClusterKinds[K];
}

function keeperOf(kind: ClusterKind): (object: Fields) => object {
  return isPolicyKind(kind) ? policy : shapes[kind];
}

const shapes: Readonly<Record<Exclude<ClusterKind, PolicyKind>, (object: Fields) => object>> = {
  Namespace: namespace,
  Pod: pod,
  Service: service,
  EndpointSlice: endpointSlice,
};

function head(object: Fields): object {
  return { apiVersion: object['apiVersion'], kind: object['kind'] };
}

/** The object's identity. The reflector compares lists by resourceVersion. */
function identity(object: Fields): Fields {
  const { name, namespace: within, uid, resourceVersion } = fieldsOf(object['metadata']);
  return defined({
    ...{ name: text(name) ?? '', namespace: text(within) },
    ...{ uid: text(uid), resourceVersion: text(resourceVersion) },
  });
}

/** Which generation it is, and how old. */
function age(object: Fields): Fields {
  const { generation, creationTimestamp } = fieldsOf(object['metadata']);
  return defined({ generation: integer(generation), creationTimestamp: text(creationTimestamp) });
}

/** A copy without the fields that are undefined. */
function defined(value: object): Fields {
  return Object.fromEntries(Object.entries(value).filter(([, inner]) => inner !== undefined));
}

/** Labels say which mesh; annotations in the mesh's own group say how its pods are treated. */
function namespace(object: Fields): object {
  const { labels, annotations } = fieldsOf(object['metadata']);
  const all = Object.entries(textMap(annotations) ?? {});
  const own = Object.fromEntries(all.filter(([key]) => key.startsWith(meshGroup)));
  const metadata = { ...identity(object), labels: textMap(labels), annotations: own };
  return { ...head(object), metadata: defined(metadata) };
}

const meshGroup = 'openservicemesh.io/';

/** Policies keep their spec whole; labels, annotations and status say nothing to the mesh. */
function policy(object: Fields): object {
  const metadata = { ...identity(object), ...age(object) };
  const spec = object['spec'];
  // A frozen spec comes from the cache and is checked already; a second copy would cost as much as the first.
  return { ...head(object), metadata, spec: Object.isFrozen(spec) ? spec : withoutDepths(spec) };
}

function pod(object: Fields): object {
  const { labels, annotations } = fieldsOf(object['metadata']);
  const spec = fieldsOf(object['spec']);
  const status = fieldsOf(object['status']);
  const all = textMap(annotations) ?? {};
  const kept = [originalProbes, injectionWarnings, metrics].filter((key) => all[key] !== undefined);
  const initContainers = records(spec['initContainers'])
    ?.filter((one) => one['restartPolicy'] === 'Always')
    .map(container);
  return {
    ...head(object),
    metadata: defined({
      ...identity(object),
      deletionTimestamp: text(fieldsOf(object['metadata'])['deletionTimestamp']),
      labels: textMap(labels),
      annotations:
        kept.length === 0 ? undefined : Object.fromEntries(kept.map((key) => [key, all[key]])),
    }),
    spec: defined({
      serviceAccountName: text(spec['serviceAccountName']),
      nodeName: text(spec['nodeName']),
      hostNetwork: flag(spec['hostNetwork']),
      containers: (records(spec['containers']) ?? []).map(container),
      initContainers,
    }),
    status: defined({
      phase: text(status['phase']),
      podIP: address(status['podIP']),
      podIPs: records(status['podIPs'])?.flatMap(({ ip }) => {
        const known = address(ip);
        return known === undefined ? [] : { ip: known };
      }),
      ended: hasEnded(object) ? true : undefined,
    }),
  };
}

function container(object: Fields): Fields {
  const ports = records(object['ports'])?.flatMap(({ name, containerPort, protocol }) => {
    const number = portNumber(containerPort);
    if (number === undefined) return [];
    return defined({ name: text(name), containerPort: number, protocol: text(protocol) });
  });
  return defined({ name: text(object['name']) ?? '', ports });
}

function service(object: Fields): object {
  const spec = fieldsOf(object['spec']);
  const { type, clusterIP, clusterIPs, selector, ports, sessionAffinity } = spec;
  return {
    ...head(object),
    metadata: { ...identity(object), ...age(object) },
    spec: defined({
      type: text(type),
      clusterIP: clusterIP === 'None' ? 'None' : address(clusterIP),
      clusterIPs: addresses(clusterIPs),
      selector: textMap(selector),
      ports: records(ports)?.flatMap(servicePort),
      // Defaults are left out, since the API server writes them into every Service.
      sessionAffinity: sessionAffinity === 'ClientIP' ? sessionAffinity : undefined,
      internalTrafficPolicy: spec['internalTrafficPolicy'] === 'Local' ? 'Local' : undefined,
    }),
  };
}

function servicePort(object: Fields): Fields | readonly Fields[] {
  const { name, protocol, appProtocol, targetPort } = object;
  const port = portNumber(object['port']);
  if (port === undefined) return [];
  return defined({
    ...{ name: text(name), port, protocol: text(protocol), appProtocol: text(appProtocol) },
    targetPort: text(targetPort) ?? portNumber(targetPort),
  });
}

const serviceNameLabel = 'kubernetes.io/service-name';

function endpointSlice(object: Fields): object {
  const name = textMap(fieldsOf(object['metadata'])['labels'])?.[serviceNameLabel];
  const labels = name === undefined ? {} : { [serviceNameLabel]: name };
  return {
    ...head(object),
    metadata: { ...identity(object), labels },
    addressType: text(object['addressType']) ?? 'FQDN',
    endpoints: (records(object['endpoints']) ?? []).map(endpoint),
    ports: (records(object['ports']) ?? []).map(({ name: portName, port, protocol }) =>
      defined({ name: text(portName), port: portNumber(port), protocol: text(protocol) }),
    ),
  };
}

function endpoint(object: Fields): Fields {
  const { ready, serving, terminating } = fieldsOf(object['conditions']);
  const { kind, name, uid } = fieldsOf(object['targetRef']);
  const has = (part: string): boolean => object[part] !== undefined && object[part] !== null;
  return defined({
    addresses: addresses(object['addresses']) ?? [],
    hostname: text(object['hostname']),
    conditions: has('conditions')
      ? defined({ ready: flag(ready), serving: flag(serving), terminating: flag(terminating) })
      : undefined,
    targetRef: has('targetRef')
      ? defined({ kind: text(kind), name: text(name), uid: text(uid) })
      : undefined,
  });
}
