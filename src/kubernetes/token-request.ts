import type { KubernetesObject } from '../api/core.ts';
import type { Kind } from '../api/kinds.ts';
import { WeftError } from '../common/errors.ts';
import { Secret } from '../common/secret.ts';
import type { ApiClient } from './api-client.ts';

export interface ServiceAccountRef {
  readonly namespace: string;
  readonly name: string;
}

interface TokenRequest extends KubernetesObject {
  readonly spec: { readonly audiences: readonly string[]; readonly expirationSeconds: number };
  readonly status?: { readonly token?: string };
}

/** The shortest that an API server gives. */
const expirationSeconds = 600;

/** A new token of a service account that is good for this audience alone, for ten minutes. */
export async function requestToken(
  api: Pick<ApiClient, 'create'>,
  { namespace, name, audience }: ServiceAccountRef & { readonly audience: string },
  signal: AbortSignal,
): Promise<Secret<string>> {
  const request: TokenRequest = {
    apiVersion: 'authentication.k8s.io/v1',
    kind: 'TokenRequest',
    metadata: { name, namespace },
    spec: { audiences: [audience], expirationSeconds },
  };
  const { status } = await api.create(tokensOf(name), request, signal);
  if (status?.token === undefined)
    throw new WeftError('api-unavailable', `no token came for ${namespace}/${name}`, {
      retry: 'soon',
    });
  return new Secret(status.token);
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
