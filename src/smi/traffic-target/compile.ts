// Input: a TrafficTarget and the routes of its namespace. Output: the rule that it makes, or why it makes none. Rule: a
// reference that does not resolve allows nothing.
import type { TrafficTarget } from '../../api/gen/traffic-target.ts';
import type { AccessRule } from '../../policy/access.ts';
import type { Diagnostic } from '../../policy/diagnostic.ts';
import type { ReadTrafficTarget } from './read.ts';
import { resolveRules, type Routes } from './rules.ts';

export interface CompiledTarget {
  readonly rule: AccessRule | undefined;
  readonly diagnostics: readonly Diagnostic[];
}

/** The rule that a TrafficTarget makes; undefined when it allows nothing. */
export function compileTrafficTarget(
  object: TrafficTarget,
  read: ReadTrafficTarget,
  routes: Routes,
): CompiledTarget {
  if (read.parties === undefined) return { rule: undefined, diagnostics: read.diagnostics };
  const resolved = resolveRules(object, routes);
  const diagnostics = [...read.diagnostics, ...resolved.diagnostics];
  if (resolved.opened === undefined) return { rule: undefined, diagnostics };
  const { namespace = '' } = object.metadata;
  const rule: AccessRule = {
    name: `${namespace}/${object.metadata.name}`,
    ...read.parties,
    ...resolved.opened,
  };
  return { rule, diagnostics };
}
