import type { Issuer } from '../../../src/certificates/issuer.ts';

/** An issuer that runs, and what the suite needs to do to it. */
export interface IssuerUnderTest {
  readonly issuer: Issuer;
  /** Makes the issuer sign with a new root. Resolves once that was asked for, not once it has happened. */
  replaceRoot(): Promise<void>;
  stop(): Promise<void>;
}
