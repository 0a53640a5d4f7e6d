import { systemClock } from '../../../src/common/clock.ts';
import { silentLogger } from '../../../src/common/logger.ts';
import type { RunningIssuer } from '../../../src/certificates/issuer.ts';
import { BuiltInIssuer } from '../../../src/certificates/providers/built-in.ts';
import { SecretApi } from '../fakes/secret-api.ts';

/** The built-in authority over an API server in memory, so that nothing but its own work counts. */
export function startBuiltIn(): {
  readonly issuer: RunningIssuer;
  readonly stop: () => Promise<void>;
} {
  const api = new SecretApi();
  const secrets = api.cache();
  api.deliver();
  const issuer = new BuiltInIssuer({
    ...{ clock: systemClock, random: Math.random, logger: silentLogger },
    ...{ api, secrets, namespace: 'weft-system' },
  });
  const end = new AbortController();
  const ended = issuer.run(end.signal);
  return {
    issuer,
    stop: async () => {
      end.abort();
      await ended;
    },
  };
}
