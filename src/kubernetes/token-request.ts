import { decodeJwt } from 'jose';
import type { KubernetesObject } from '../api/core.ts';
import type { Kind } from '../api/kinds.ts';
import { problemOfVaultAudience } from '../api/vault-audience.ts';
import { WeftError } from '../common/errors.ts';
import { Secret } from '../common/secret.ts';
import type { ApiClient } from './api-client.ts';

/** The account whose token is asked for, and the token's audience. */
export interface WantedToken {
  readonly namespace: string;
  readonly name: string;
  /** The audience of Vault, which is shown the token. */
  readonly audience: string;
  /** The pod with whose end the token ends; undefined: the token is bound to the account alone. */
  readonly pod?: string | undefined;
}

interface TokenRequest extends KubernetesObject {
  readonly spec: {
    /** When empty: the audiences of the API server, which it names in its answer. */
    readonly audiences: readonly string[];
    readonly expirationSeconds: number;
    readonly boundObjectRef?: object;
  };
  readonly status?: { readonly token?: string };
}

/** The shortest lifetime that an API server grants, in seconds. */
const expirationSeconds = 600;

/**
 * A new token of a service account, valid for this audience alone, for ten minutes. Throws issuer-misconfigured when
 * the API server, or another part of the mesh, would also accept the token.
 */
export async function requestToken(
  api: Pick<ApiClient, 'create'>,
  wish: WantedToken,
  signal: AbortSignal,
): Promise<Secret<string>> {
  const { audience } = wish;
  refuse(audience, problemOfVaultAudience(audience));
  const ofApiServer = await request(api, { ...wish, audiences: [] }, signal);
  const known = [issuerOf(ofApiServer.token), ...ofApiServer.audiences].filter(
    (one) => one !== undefined,
  );
  refuse(audience, problemOfVaultAudience(audience, known));
  return (await request(api, { ...wish, audiences: [audience] }, signal)).token;
}

function refuse(audience: string, problem: string | undefined): void {
  if (problem === undefined) return;
  const message = `the audience ${JSON.stringify(audience)} of vault.auth.kubernetes is refused: ${problem}`;
  throw new WeftError('issuer-misconfigured', message, { retry: 'soon' });
}

interface Given {
  readonly token: Secret<string>;
  /** The audiences of the token, as the API server reports them. */
  readonly audiences: readonly string[];
}

async function request(
  api: Pick<ApiClient, 'create'>,
  { namespace, name, pod, audiences }: WantedToken & { readonly audiences: readonly string[] },
  signal: AbortSignal,
): Promise<Given> {
  const bound = pod && { boundObjectRef: { apiVersion: 'v1', kind: 'Pod', name: pod } };
  const wanted: TokenRequest = {
    apiVersion: 'authentication.k8s.io/v1',
    kind: 'TokenRequest',
    metadata: { name, namespace },
    spec: { audiences, expirationSeconds, ...bound },
  };
  const { spec, status } = await api.create(tokensOf(name), wanted, signal);
  if (status?.token === undefined)
    throw new WeftError(
      'api-unavailable',
      `the API server returned no token for ${namespace}/${name}`,
      {
        retry: 'soon',
      },
    );
  return { token: new Secret(status.token), audiences: spec.audiences };
}

/** The issuer that a token states. It is believed: the token came from the API server a moment ago. */
function issuerOf(token: Secret<string>): string | undefined {
  try {
    return decodeJwt(token.reveal()).iss;
  } catch {
    return undefined;
  }
}

/** The subresource under which tokens of one service account are created. */
function tokensOf(account: string): Kind {
  return {
    group: '',
    version: 'v1',
    kind: 'TokenRequest',
    plural: `serviceaccounts/${encodeURIComponent(account)}/token`,
    namespaced: true,
  };
}
