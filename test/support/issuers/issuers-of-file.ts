import { afterEach } from '@jest/globals';
import type { RootProvider } from '../../../src/api/root-spec.ts';
import { startIssuer, type IssuerWishes, type StartedIssuer } from './start-issuer.ts';

/** The issuers that the tests of one file start. */
export interface IssuersOfFile {
  readonly start: (
    provider: RootProvider,
    wishes?: Partial<IssuerWishes>,
  ) => Promise<StartedIssuer>;
  /** Those that the test now running has started, in that order. */
  readonly running: readonly StartedIssuer[];
  /** Stops all of them before the test's end. */
  readonly stop: () => Promise<void>;
}

/** Issuers with these wishes unless a test has others; each stops after the test that started it. */
export function issuersOfFile(wishesOfFile: () => IssuerWishes): IssuersOfFile {
  const running: StartedIssuer[] = [];
  const stop = async (): Promise<void> => {
    await Promise.all(running.splice(0).map((one) => one.stop()));
  };
  afterEach(stop);
  return {
    running,
    stop,
    start: async (provider, wishes = {}) => {
      const one = await startIssuer(provider, { ...wishesOfFile(), ...wishes });
      running.push(one);
      return one;
    },
  };
}
