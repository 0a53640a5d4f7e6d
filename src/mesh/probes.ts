import { isHeaderName, isHeaderValue } from '../api/probes.ts';
import { isSidecarPort } from '../common/sidecar-ports.ts';
import type { ProbeTarget } from '../policy/workload.ts';
import { fields, integer, list, type Shape } from '../common/shape.ts';

const hooks: readonly string[] = ['postStart', 'preStop'];

/**
 * The kubelet's calls in the annotation that the injector wrote, or what is wrong with it. Every user with the right to
 * change the pod can change the annotation, so nothing in it may lead to the sidecar itself.
 */
export function parseProbes(annotation: string | undefined): readonly ProbeTarget[] | string {
  if (annotation === undefined) return [];
  let value: unknown;
  try {
    value = JSON.parse(annotation);
  } catch {
    return 'it is not JSON';
  }
  const problem = shape(value, 'the list');
  if (problem !== undefined) return problem;
  return (value as Written[]).map((probe) => ({
    container: probe.container,
    probe: probe.probe,
    kind: probe.kind,
    port: probe.port,
    path: probe.kind.startsWith('http') ? requestPath(probe.path) : '',
    service: probe.service,
    timeoutSeconds: probe.timeoutSeconds,
    headers: (probe.headers ?? []).map((header) => ({ name: header.name, value: header.value })),
    key: probe.key ?? '',
  }));
}

type Written = Omit<ProbeTarget, 'headers' | 'key'> & Partial<Pick<ProbeTarget, 'headers' | 'key'>>;

const unicode: Shape = (value, field) =>
  typeof value === 'string' && value.isWellFormed() ? undefined : `${field} must be a string`;

function like(form: RegExp, what: string): Shape {
  return satisfying((text) => form.test(text), what);
}

function satisfying(holds: (text: string) => boolean, what: string): Shape {
  return (value, field) =>
    typeof value === 'string' && holds(value) ? undefined : `${field} must be ${what}`;
}

function oneOf(...values: readonly string[]): Shape {
  return (value, field) =>
    values.includes(value as string) ? undefined : `${field} must be one of ${values.join(', ')}`;
}

/** A call to the sidecar's own port would give any client access to its admin page. */
const applicationPort: Shape = (value, field) =>
  integer(1, 65535)(value, field) ??
  (isSidecarPort(value as number)
    ? `${field} is ${value as number}, a port of the sidecar`
    : undefined);

const entry = fields({
  container: like(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/, 'the name of a container'),
  probe: oneOf('liveness', 'readiness', 'startup', ...hooks),
  kind: oneOf('http', 'https', 'tcp', 'grpc'),
  port: applicationPort,
  path: unicode,
  service: unicode,
  timeoutSeconds: integer(1, 2 ** 31 - 1),
  'headers?': list(
    fields({
      name: satisfying(isHeaderName, 'the name of a header'),
      value: satisfying(isHeaderValue, 'the value of a header'),
    }),
  ),
  'key?': like(/^[0-9a-z]{0,64}$/, 'letters and digits'),
});

const shape = list((value, field) => entry(value, field) ?? hookProblem(value as Written, field));

/** The address of a hook must not be guessable, because a call of the hook has an effect. */
function hookProblem({ probe, kind, key = '' }: Written, field: string): string | undefined {
  if (!hooks.includes(probe)) return undefined;
  if (!kind.startsWith('http')) return `${field}.kind must be http or https for a hook`;
  return key.length < 16 ? `${field}.key must have 16 characters at least` : undefined;
}

/** The path as the kubelet would have sent it: rooted, without a fragment, odd characters escaped. */
function requestPath(written: string): string {
  const [path = ''] = written.split('#', 1);
  const rooted = path.startsWith('/') ? path : `/${path}`;
  return rooted.replace(/[^\x21-\x7e]|["<>\\^`{|}]/gu, encodeURIComponent);
}
