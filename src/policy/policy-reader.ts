import type { Diagnostic, DiagnosticCode } from './diagnostic.ts';

/** The result of reading one object: the part that the compiler needs, and the diagnostics. */
export interface PolicyReading {
  readonly diagnostics: readonly Diagnostic[];
}

export interface ReadScope {
  /** The DNS suffix of the cluster; undefined at admission, which accepts any suffix. */
  readonly clusterDomain: string | undefined;
}

/** How the mesh reads the objects of one kind of policy. */
export interface PolicyReader<T, R extends PolicyReading = PolicyReading> {
  /** Reads an object without the rest of the cluster. Total: an object of any shape gets a reading. */
  readonly read: (object: T, scope: ReadScope) => R;
  /**
   * The errors that the validating webhook refuses: those that no other object can put right. At admission all other
   * diagnostics are warnings, since objects may come in any order.
   */
  readonly refused: readonly DiagnosticCode[];
}
