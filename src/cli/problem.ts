/**
 * `failing`: certificates are, or soon will be, missing. `held`: a switch of roots exceeds the time that the MeshConfig
 * allows.
 * `unknown`: the state is not known yet. `warning`: worth a look.
 */
export type Severity = 'failing' | 'held' | 'unknown' | 'warning';

/** Every kind of problem; docs/cli.md lists them. */
export type ProblemCode =
  | 'no-status'
  | 'operator-away'
  | 'stalled'
  | 'certificates-not-ready'
  | 'control-plane-away'
  | 'reconciling'
  | 'status-behind'
  | 'another-mesh-config'
  | 'switch-held'
  | 'root-refused'
  | 'root-cannot-sign'
  | 'root-ending'
  | 'root-ended'
  | 'leaves-failing'
  | 'leaf-ended';

export interface Problem {
  readonly severity: Severity;
  readonly code: ProblemCode;
  /** The problem, in one or more sentences. */
  readonly message: string;
  /** The remedy. */
  readonly remedy?: string;
}
