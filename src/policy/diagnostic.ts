import type { Origin } from './origin.ts';

/** Everything that can be wrong with an object a user wrote. docs/errors.md has cause and remedy. */
export type DiagnosticCode =
  | 'target-namespace-mismatch'
  | 'target-without-source'
  | 'target-without-rule'
  | 'target-without-pods'
  | 'target-without-sidecar'
  | 'target-without-port'
  | 'target-kind-unsupported'
  | 'target-source-incomplete'
  | 'target-too-wide'
  | 'route-missing'
  | 'route-match-missing'
  | 'route-kind-unsupported'
  | 'route-regex-invalid'
  | 'split-without-weight'
  | 'split-conflict'
  | 'split-too-wide'
  | 'split-apex-missing'
  | 'split-backend-missing'
  | 'split-backend-port-missing'
  | 'split-backend-empty'
  | 'split-matches-unsupported'
  | 'service-port-unsupported'
  | 'service-protocol-unsupported'
  | 'service-protocol-assumed'
  | 'service-protocol-conflict'
  | 'service-port-reserved'
  | 'service-affinity-ignored'
  | 'service-locality-ignored'
  | 'service-without-ports'
  | 'service-ports-limited'
  | 'service-address-shared'
  | 'service-address-taken'
  | 'service-endpoint-foreign'
  | 'service-endpoint-outside'
  | 'service-without-sidecar'
  | 'pod-address-disputed'
  | 'pod-call-not-led'
  | 'pod-metrics-not-announced'
  | 'namespace-crowded'
  | 'object-malformed'
  | 'object-too-large';

/**
 * A user's mistake as data: never thrown. `error`: the object (or the named part of it) is left out of the mesh.
 * `warning`: it is in force, but probably not as its author meant it. `note`: it is in force as the mesh intends, and
 * its author may have expected something else.
 */
export interface Diagnostic {
  readonly code: DiagnosticCode;
  readonly severity: 'error' | 'warning' | 'note';
  readonly object: Origin;
  /** Names the field, the reason and the next step. */
  readonly message: string;
}
