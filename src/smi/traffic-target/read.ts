// Input: a TrafficTarget. Output: its destination and sources, or what is wrong with it whatever else is in the cluster.
import type { TrafficTarget } from '../../api/gen/traffic-target.ts';
import type { Diagnostic, DiagnosticCode } from '../../policy/diagnostic.ts';
import { identityKey, type IdentityKey } from '../../policy/identity.ts';
import { refuse, warn } from '../../cluster/diagnose.ts';
import { fields, list, name, type Shape, text } from '../../common/shape.ts';
import { onceFor } from '../../common/once-for.ts';
import type { PolicyReader } from '../../policy/policy-reader.ts';

interface Parties {
  readonly destination: IdentityKey;
  readonly sources: readonly IdentityKey[];
}

/** A TrafficTarget, read without its routes. */
export interface ReadTrafficTarget {
  /** Undefined: the target allows nothing. */
  readonly parties: Parties | undefined;
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * Reads a TrafficTarget without its routes: its destination and sources, and what is wrong with it. Each object is read
 * once: the compiler and the object's status get the same reading.
 */
export const readTrafficTarget = onceFor((object: TrafficTarget): ReadTrafficTarget => {
  const malformed = shape(object.spec, 'spec');
  if (malformed !== undefined) {
    const diagnostics = [refuse(object, 'object-malformed', malformed)];
    return { parties: undefined, diagnostics };
  }
  const fatal = [...destinationProblems(object), ...emptiness(object)];
  const sources = readSources(object);
  const diagnostics = [...fatal, ...sources.diagnostics, ...unopened(object)];
  if (fatal.length > 0 || sources.keys.length === 0) return { parties: undefined, diagnostics };
  const { namespace = '' } = object.metadata;
  const destination = identityKey({ namespace, serviceAccount: object.spec.destination.name });
  return { parties: { destination, sources: sources.keys }, diagnostics };
});

/** "" stands for absent, as it does for Kubernetes. */
const namespaceShape: Shape = (value, field) => (value === '' ? undefined : name(value, field));
const subject = fields({ kind: text, name, 'namespace?': namespaceShape });
const shape = fields({
  destination: subject,
  rules: list(fields({ kind: text, name: text, 'matches?': list(text) })),
  sources: list(subject),
});

function destinationProblems(object: TrafficTarget): readonly Diagnostic[] {
  const { kind, namespace = '' } = object.spec.destination;
  const own = object.metadata.namespace ?? '';
  if (kind !== 'ServiceAccount') {
    return [refuse(object, 'target-kind-unsupported', kindMessage('spec.destination', kind))];
  }
  if (namespace === '' || namespace === own) return [];
  return [
    refuse(
      object,
      'target-namespace-mismatch',
      `spec.destination.namespace is ${namespace}, but the TrafficTarget is in namespace ${own}: only the owner of a namespace may open it, so create the TrafficTarget in namespace ${namespace}`,
    ),
  ];
}

function kindMessage(field: string, kind: string): string {
  return `${field}.kind "${kind}" is not supported: name the ServiceAccount of the pods, with kind ServiceAccount`;
}

function emptiness(object: TrafficTarget): readonly Diagnostic[] {
  const problem = (code: DiagnosticCode, message: string): Diagnostic =>
    refuse(object, code, message);
  const { sources, rules } = object.spec;
  return [
    ...(sources.length > 0
      ? []
      : [
          problem(
            'target-without-source',
            'spec.sources is empty, so the TrafficTarget allows no traffic: name at least one ServiceAccount, with its namespace',
          ),
        ]),
    ...(rules.some((rule) => rule.kind !== 'UDPRoute')
      ? []
      : [
          problem(
            'target-without-rule',
            'spec.rules names neither an HTTPRouteGroup nor a TCPRoute, so the TrafficTarget allows no traffic: name an HTTPRouteGroup or a TCPRoute of this namespace',
          ),
        ]),
  ];
}

function readSources(object: TrafficTarget): {
  readonly keys: readonly IdentityKey[];
  readonly diagnostics: readonly Diagnostic[];
} {
  const keys = new Set<IdentityKey>();
  const diagnostics: Diagnostic[] = [];
  for (const [index, source] of object.spec.sources.entries()) {
    const field = `spec.sources[${index}]`;
    if (source.kind !== 'ServiceAccount') {
      const message = kindMessage(field, source.kind);
      diagnostics.push(refuse(object, 'target-kind-unsupported', message));
    } else if ((source.namespace ?? '') === '') {
      const message = `${field} (ServiceAccount ${source.name}) has no namespace, so this source allows no traffic: add the namespace of that ServiceAccount`;
      diagnostics.push(refuse(object, 'target-source-incomplete', message));
    } else {
      const { namespace = '', name: serviceAccount } = source;
      keys.add(identityKey({ namespace, serviceAccount }));
    }
  }
  return { keys: [...keys].sort(), diagnostics };
}

/** UDPRoutes open nothing: a warning beside other rules; UDPRoutes alone are an error already. */
function unopened(object: TrafficTarget): readonly Diagnostic[] {
  const { rules } = object.spec;
  if (rules.every((rule) => rule.kind === 'UDPRoute')) return [];
  return rules.flatMap((rule, index) => {
    if (rule.kind !== 'UDPRoute') return [];
    const message = `spec.rules[${index}] (UDPRoute ${rule.name}) opens nothing: the mesh carries TCP only; the other rules apply`;
    return [warn(object, 'route-kind-unsupported', message)];
  });
}

export const trafficTargetReader: PolicyReader<TrafficTarget, ReadTrafficTarget> = {
  read: readTrafficTarget,
  refused: [
    'object-malformed',
    'target-namespace-mismatch',
    'target-without-source',
    'target-without-rule',
  ],
};
