import type { ObjectMeta, SecretObject } from '../../../src/api/core.ts';
import { controlPlaneName } from '../../../src/api/control-plane-names.ts';
import { kinds } from '../../../src/api/kinds.ts';
import type { KeyChoice, RootProvider, RootSpec } from '../../../src/api/root-spec.ts';
import type { RunningIssuer } from '../../../src/certificates/issuer.ts';
import { openIssuer, type IssuerDeps } from '../../../src/certificates/plan/open-issuer.ts';
import { systemClock } from '../../../src/common/clock.ts';
import { WeftError } from '../../../src/common/errors.ts';
import { silentLogger } from '../../../src/common/logger.ts';
import { connect, type ApiConnection } from '../../../src/kubernetes/connect.ts';
import { requestToken } from '../../../src/kubernetes/token-request.ts';
import { sharedApiServer } from '../api-server/shared-api-server.ts';

export interface IssuerWishes extends Partial<
  Pick<IssuerDeps, 'times' | 'pinnedRoots' | 'logger' | 'clock' | 'vaultAddresses'>
> {
  readonly namespace: string;
  readonly key?: KeyChoice;
  /** Another API server than the shared one, or a proxy before it. */
  readonly api?: ApiConnection;
}

/** An issuer as the control plane opens it, running on the real API server in a namespace of its own. */
export interface StartedIssuer {
  readonly issuer: RunningIssuer;
  readonly root: RootSpec;
  readonly api: ApiConnection;
  readonly namespace: string;
  /** The Secret of that name in the issuer's namespace. */
  readonly secret: (name: string) => Promise<SecretObject | undefined>;
  readonly removeSecret: (name: string) => Promise<void>;
  readonly stop: () => Promise<void>;
}

/** Where intermediates of started issuers are kept. */
export const intermediateSecret = 'weft-intermediate-test';

const trustDomain = 'cluster.local';

export async function startIssuer(
  provider: RootProvider,
  { namespace, key = { algorithm: 'ECDSA' }, ...wishes }: IssuerWishes,
): Promise<StartedIssuer> {
  const own = wishes.api === undefined;
  const api = wishes.api ?? (await connect({ kubeconfig: sharedApiServer().kubeconfigPath }));
  const end = new AbortController();
  const { signal } = end;
  if (own) await ensureNamespace(api, namespace);
  const root: RootSpec = { provider, trustDomain, key };
  const account = { namespace, name: controlPlaneName };
  const issuer = openIssuer(root, {
    ...{ api, namespace, intermediateSecret, clock: systemClock, random: Math.random },
    logger: silentLogger,
    requestToken: (audience, inner) => requestToken(api, { ...account, audience }, inner),
    ...wishes,
  });
  const ended = issuer.run(signal);
  const place = (name: string) => ({ kind: kinds.secret, namespace, name });
  return {
    ...{ issuer, root, api, namespace },
    secret: (name) => api.get<SecretObject>(place(name), AbortSignal.timeout(10_000)),
    removeSecret: (name) => api.remove(place(name), {}, AbortSignal.timeout(10_000)),
    stop: async () => {
      end.abort();
      await ended;
      if (own) await api.close();
    },
  };
}

/** The namespace, and the control plane's ServiceAccount in it. */
export async function ensureNamespace(api: ApiConnection, name: string): Promise<void> {
  const signal = AbortSignal.timeout(10_000);
  const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name } };
  const metadata = { name: controlPlaneName, namespace: name };
  const account = { apiVersion: 'v1', kind: 'ServiceAccount', metadata };
  await unlessThere(api.create(kinds.namespace, namespace, signal));
  await unlessThere(api.create(kinds.serviceAccount, account, signal));
}

/** A Secret with these texts. */
export async function putSecret(
  api: ApiConnection,
  place: Pick<ObjectMeta, 'name' | 'labels'> & { readonly namespace: string },
  texts: Readonly<Record<string, string>>,
): Promise<void> {
  const data = Object.fromEntries(
    Object.entries(texts).map(([key, text]) => [key, Buffer.from(text).toString('base64')]),
  );
  const secret: SecretObject = { apiVersion: 'v1', kind: 'Secret', metadata: place, data };
  const options = { fieldManager: 'a-person', force: true };
  await api.apply(kinds.secret, secret, options, AbortSignal.timeout(10_000));
}

async function unlessThere(made: Promise<unknown>): Promise<void> {
  try {
    await made;
  } catch (error) {
    if (WeftError.from(error).code !== 'api-conflict') throw error;
  }
}
