import type { Origin } from './origin.ts';

/** Everything that can be wrong with an object a user wrote. docs/errors.md has cause and remedy. */
export type DiagnosticCode =
  | 'target-namespace-mismatch'
  | 'target-without-source'
  | 'target-without-rule'
  | 'target-kind-unsupported'
  | 'target-source-incomplete'
  | 'route-missing'
  | 'route-match-missing'
  | 'route-kind-unsupported'
  | 'route-regex-invalid'
  | 'split-without-weight'
  | 'split-conflict'
  | 'split-apex-missing'
  | 'split-backend-missing'
  | 'split-backend-port-missing'
  | 'split-matches-unsupported'
  | 'service-port-unsupported'
  | 'service-protocol-unsupported'
  | 'service-address-shared'
  | 'object-malformed';

/**
 * A user's mistake as data: never thrown. `error`: the object (or the named part of it) is left out
 * of the mesh. `warning`: it is in force, but hardly as meant.
 */
export interface Diagnostic {
  readonly code: DiagnosticCode;
  readonly severity: 'error' | 'warning';
  readonly object: Origin;
  /** Names the field, the reason and the next step. */
  readonly message: string;
}
