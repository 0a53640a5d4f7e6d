// Input: the annotation in which an earlier call of this webhook noted the kubelet's calls. Output: the valid notes.
// Rule: the control plane refuses the whole annotation for one wrong note (mesh/probes.ts, which this room cannot
// import), so this file leaves out every note that the control plane would refuse; a test compares both.
import {
  type DeclaredHeader,
  type OriginalProbe,
  isHeaderName,
  isHeaderValue,
} from '../api/probes.ts';
import {
  type Guard,
  has,
  isCount,
  isList,
  isNumber,
  isString,
  listOf,
  oneOf,
  optional,
  parseGuarded,
} from '../common/guards.ts';
import { isSidecarPort } from '../common/sidecar-ports.ts';
import { isPortNumber, longestSeconds } from './kubelet-call.ts';

/** Earlier versions noted neither headers nor keys. */
type Note = Omit<OriginalProbe, 'headers' | 'key'> & {
  readonly headers: OriginalProbe['headers'] | undefined;
  readonly key: string | undefined;
};

/** The valid notes of the annotation; none when it is not a list. */
export function parseNotedCalls(annotation: string | undefined): readonly OriginalProbe[] {
  return (parseGuarded(annotation, isList) ?? [])
    .filter(isNote)
    .map((call) => ({ ...call, headers: call.headers ?? [], key: call.key ?? '' }));
}

const isWellFormed: Guard<string> = (value): value is string =>
  isString(value) && value.isWellFormed();

const isHeader = has<DeclaredHeader>({
  name: (value): value is string => isString(value) && isHeaderName(value),
  value: (value): value is string => isString(value) && isHeaderValue(value),
});

const hasForm = has<Note>({
  container: like(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/),
  probe: oneOf('liveness', 'readiness', 'startup', 'postStart', 'preStop'),
  kind: oneOf('http', 'https', 'tcp', 'grpc'),
  port: (value): value is number => isNumber(value) && isPortNumber(value) && !isSidecarPort(value),
  path: isWellFormed,
  service: isWellFormed,
  timeoutSeconds: (value): value is number =>
    isCount(value) && value >= 1 && value <= longestSeconds,
  headers: optional(listOf(isHeader)),
  key: optional(like(/^[0-9a-z]{0,64}$/)),
});

function like(form: RegExp): Guard<string> {
  return (value): value is string => isString(value) && form.test(value);
}

const isNote: Guard<Note> = (value): value is Note => hasForm(value) && isSoundHook(value);

/** A hook has an effect, so it goes over HTTP to an address that cannot be guessed. */
function isSoundHook({ probe, kind, key = '' }: Note): boolean {
  if (probe !== 'postStart' && probe !== 'preStop') return true;
  return kind.startsWith('http') && key.length >= 16;
}
