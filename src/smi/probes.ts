import type { ProbeTarget } from '../policy/workload.ts';
import { fields, integer, list, type Shape } from './shape.ts';

/**
 * The probes of the annotation that the injector wrote, or what is wrong with it: whoever may change
 * the pod may change the annotation too.
 */
export function parseProbes(annotation: string | undefined): readonly ProbeTarget[] | string {
  if (annotation === undefined) return [];
  let value: unknown;
  try {
    value = JSON.parse(annotation);
  } catch {
    return 'it is no JSON';
  }
  const problem = shape(value, 'the list');
  if (problem !== undefined) return problem;
  return (value as ProbeTarget[]).map((probe) => ({
    container: probe.container,
    probe: probe.probe,
    kind: probe.kind,
    port: probe.port,
    path: probe.kind.startsWith('http') ? requestPath(probe.path) : '',
    service: probe.service,
    timeoutSeconds: probe.timeoutSeconds,
  }));
}

const unicode: Shape = (value, field) =>
  typeof value === 'string' && value.isWellFormed() ? undefined : `${field} must be a string`;

const containerName: Shape = (value, field) =>
  typeof value === 'string' && /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/.test(value)
    ? undefined
    : `${field} must be the name of a container`;

function oneOf(...values: readonly string[]): Shape {
  return (value, field) =>
    values.includes(value as string) ? undefined : `${field} must be one of ${values.join(', ')}`;
}

const shape = list(
  fields({
    container: containerName,
    probe: oneOf('liveness', 'readiness', 'startup'),
    kind: oneOf('http', 'https', 'tcp', 'grpc'),
    port: integer(1, 65535),
    path: unicode,
    service: unicode,
    timeoutSeconds: integer(1, 2 ** 31 - 1),
  }),
);

/** The path as the kubelet would have sent it: rooted, without a fragment, odd characters escaped. */
function requestPath(written: string): string {
  const [path = ''] = written.split('#', 1);
  const rooted = path.startsWith('/') ? path : `/${path}`;
  return rooted.replace(/[^\x21-\x7e]|["<>\\^`{|}]/gu, encodeURIComponent);
}
