import type { SecretObject } from '../../../src/api/core.ts';
import { kinds } from '../../../src/api/kinds.ts';
import { authoritySecret } from '../../../src/certificates/providers/authority-secret.ts';
import { caSecret } from '../../../src/api/control-plane-names.ts';
import { BuiltInIssuer } from '../../../src/certificates/providers/built-in.ts';
import { systemClock } from '../../../src/common/clock.ts';
import { WeftError } from '../../../src/common/errors.ts';
import { silentLogger, type Logger } from '../../../src/common/logger.ts';
import { connect, type ApiConnection } from '../../../src/kubernetes/connect.ts';
import { reflect } from '../../../src/kubernetes/reflector.ts';
import { authorityPem, makeRoot, type TestAuthority } from '../certificates/make-authority.ts';
import { sharedApiServer } from '../api-server/shared-api-server.ts';
import type { IssuerUnderTest } from './issuer-under-test.ts';

export interface BuiltInOverrides {
  readonly logger?: Logger;
}

/** The built-in issuer of one replica, on the real API server, in a namespace that it shares. */
export interface BuiltInReplica extends IssuerUnderTest {
  readonly issuer: BuiltInIssuer;
  readonly api: ApiConnection;
  /** The mesh's Secret as the API server has it. */
  secret(): Promise<SecretObject | undefined>;
  /** Puts this CA into the Secret, whether or not there is one. */
  put(authority: TestAuthority): Promise<void>;
}

const fieldManager = 'a-person';

export async function startBuiltIn(
  namespace: string,
  { logger = silentLogger }: BuiltInOverrides = {},
): Promise<BuiltInReplica> {
  const api = await connect({ kubeconfig: sharedApiServer().kubeconfigPath });
  const end = new AbortController();
  const { signal } = end;
  await ensureNamespace(api, namespace, signal);
  const shared = { clock: systemClock, random: Math.random };
  const only = { namespace, fieldSelector: `metadata.name=${caSecret}` };
  const secrets = reflect<SecretObject>(api, kinds.secret, { ...only, ...shared, log: logger });
  const issuer = new BuiltInIssuer({ ...shared, api, secrets, namespace, logger });
  const ended = Promise.all([secrets.run(signal), issuer.run(signal)]);
  const place = { namespace, name: caSecret };
  const put = async (authority: TestAuthority): Promise<void> => {
    const wanted = authoritySecret(authorityPem(authority), place);
    await api.apply(kinds.secret, wanted, { fieldManager, force: true }, signal);
  };
  return {
    issuer,
    api,
    put,
    secret: () => api.get<SecretObject>({ kind: kinds.secret, ...place }, signal),
    replaceRoot: () => put(makeRoot()),
    stop: async () => {
      end.abort();
      await ended;
      await api.close();
    },
  };
}

async function ensureNamespace(
  api: ApiConnection,
  name: string,
  signal: AbortSignal,
): Promise<void> {
  const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name } };
  try {
    await api.create(kinds.namespace, namespace, signal);
  } catch (error) {
    if (WeftError.from(error).code !== 'api-conflict') throw error;
  }
}
