// Input: one finding of the control plane's report. Output: a sentence that counts all objects, names
// the first few with their problems, and gives the next command. Pure.
import type { Finding, FindingKind, Found } from '../api/mesh-report.ts';

const named = 3;
const longestWhy = 200;

interface Words {
  /** The noun with its verb, for one object and for several. */
  readonly one: string;
  readonly many: string;
  /** The command to run next, for findings that bring no command. */
  readonly next: (namespace: string, name: string) => string;
}

const logs = (namespace: string, name: string): string => `kubectl logs -n ${namespace} ${name}`;
const sidecarLogs = (namespace: string, name: string): string =>
  `${logs(namespace, name)} -c envoy`;
const describe =
  (kind: string) =>
  (namespace: string, name: string): string =>
    `kubectl describe ${kind} -n ${namespace} ${name}`;

const words: Readonly<Record<FindingKind, Words>> = {
  'replica-unreachable': {
    one: 'replica of the control plane cannot be asked, so its proxies are not counted',
    many: 'replicas of the control plane cannot be asked, so their proxies are not counted',
    next: logs,
  },
  'server-certificate': {
    one: 'replica of the control plane presents a certificate that proxies refuse',
    many: 'replicas of the control plane present certificates that proxies refuse',
    next: logs,
  },
  'certificate-refused': {
    one: "pod refuses the control plane's certificate",
    many: "pods refuse the control plane's certificate",
    next: (namespace, name) => `weft certificate status; ${sidecarLogs(namespace, name)}`,
  },
  'sidecar-crashing': {
    one: 'pod has a sidecar that crashes',
    many: 'pods have a sidecar that crashes',
    next: (namespace, name) => `${sidecarLogs(namespace, name)} --previous`,
  },
  'sidecar-stuck': {
    one: 'pod is stuck before its sidecar connects',
    many: 'pods are stuck before their sidecar connects',
    next: describe('pod'),
  },
  'sidecar-lost': {
    one: 'pod has a sidecar that has lost the control plane',
    many: 'pods have a sidecar that has lost the control plane',
    next: sidecarLogs,
  },
  'proxy-refusing': {
    one: 'proxy rejected a resource and keeps its previous configuration',
    many: 'proxies rejected a resource and keep their previous configuration',
    next: sidecarLogs,
  },
  'proxy-late': {
    one: 'proxy has not acknowledged its configuration for 15 s',
    many: 'proxies have not acknowledged their configuration for 15 s',
    next: sidecarLogs,
  },
  'sidecar-disconnected': {
    one: 'pod has a sidecar that has disconnected',
    many: 'pods have a sidecar that has disconnected',
    next: (namespace, name) => `wait; if that lasts: ${sidecarLogs(namespace, name)}`,
  },
  'without-sidecar': {
    one: 'pod runs outside the mesh and should be in it',
    many: 'pods run outside the mesh and should be in it',
    next: (namespace) => `kubectl rollout restart deployment,statefulset,daemonset -n ${namespace}`,
  },
  'pod-left-out': {
    one: 'pod is left out of the mesh, or a part of it',
    many: 'pods are left out of the mesh, or parts of them',
    next: describe('pod'),
  },
  'sidecar-restarted': {
    one: 'pod has a sidecar that restarted within ten minutes',
    many: 'pods have a sidecar that restarted within ten minutes',
    next: (namespace, name) => `${sidecarLogs(namespace, name)} --previous`,
  },
  'service-not-served': {
    one: 'Service is not served as declared',
    many: 'Services are not served as declared',
    next: describe('service'),
  },
  'namespace-left-out': {
    one: 'namespace has objects that are left out of the mesh',
    many: 'namespaces have objects that are left out of the mesh',
    next: (_, name) => `kubectl describe namespace ${name}`,
  },
};

export function sentenceOf({ kind, count, found }: Finding): string {
  const { one, many, next } = words[kind];
  const shown = found.slice(0, named);
  const more = count - shown.length;
  const names = [...shown.map(nameOf), ...(more > 0 ? [`${more} more`] : [])];
  const [first] = shown;
  const command = first === undefined ? '' : ` Next: ${first.next ?? next(...placeOf(first))}.`;
  return `${count} ${count === 1 ? one : many}: ${listOf(names)}.${command}`;
}

function nameOf({ name, why }: Found): string {
  const short = why.length <= longestWhy ? why : `${why.slice(0, longestWhy - 1)}…`;
  return `${name} (${short})`;
}

function listOf(names: readonly string[]): string {
  return names.length < 2
    ? names.join('')
    : `${names.slice(0, -1).join(', ')} and ${names.at(-1) ?? ''}`;
}

function placeOf({ name }: Found): readonly [string, string] {
  const slash = name.indexOf('/');
  return [name.slice(0, slash), name.slice(slash + 1)];
}
