import type { VaultAuth } from '../../../api/root-spec.ts';
import type { Clock } from '../../../common/clock.ts';
import { WeftError } from '../../../common/errors.ts';
import { Secret } from '../../../common/secret.ts';
import { vaultFailure } from './vault-failure.ts';
import type { VaultCall, VaultHttp } from './vault-http.ts';
import { vaultPath } from './vault-path.ts';
import {
  lookupSelf,
  timesOf,
  tokenFrom,
  type TokenSource,
  type VaultToken,
} from './vault-session.ts';

/** Requests a new token of the control plane's ServiceAccount, for this audience only. */
export type RequestToken = (audience: string, signal: AbortSignal) => Promise<Secret<string>>;

interface LoginDeps {
  readonly http: Pick<VaultHttp, 'send'>;
  readonly clock: Clock;
}

type KubernetesAuth = VaultAuth & { readonly kind: 'kubernetes' };

/** Logs in as the control plane's ServiceAccount, each time with a new token for Vault's audience. */
export function kubernetesLogin(
  auth: KubernetesAuth,
  requestToken: RequestToken,
  { http, clock }: LoginDeps,
): TokenSource {
  const open = async (signal: AbortSignal): Promise<VaultToken> => {
    const path = `${vaultPath('auth', auth.mount)}/login`;
    const jwt = await requestToken(auth.audience, signal);
    const call: VaultCall = {
      method: 'POST',
      path,
      body: { role: auth.role, jwt: jwt.reveal() },
    };
    const answer = await http.send(call, signal);
    const token = answer.status < 300 ? tokenFrom(answer.auth, clock.now()) : undefined;
    if (token === undefined) throw vaultFailure(call, answer, adviceOf(auth));
    return token;
  };
  return {
    open,
    isCurrent: () => true,
    advice: `the policy of role ${auth.role} lacks the capability update on this path`,
  };
}

function adviceOf({ role, audience, mount }: KubernetesAuth): Record<number, string> {
  return {
    400: `there is no role ${role} at auth/${mount}`,
    403:
      `role ${role} at auth/${mount} must be bound to the control plane's ServiceAccount and the ` +
      `audience ${audience}, and Vault must reach the API server to review tokens`,
    404: `there is no auth method at auth/${mount}`,
  };
}

/** Uses the token that a user put into a Secret, as the Secret is now. */
export function tokenFromSecret(
  read: () => string | undefined,
  place: string,
  { http, clock }: LoginDeps,
): TokenSource {
  const open = async (signal: AbortSignal): Promise<VaultToken> => {
    const text = read()?.trim() ?? '';
    if (text === '')
      throw new WeftError('issuer-misconfigured', `${place}, the token for Vault, is missing`, {
        retry: 'soon',
      });
    const token = new Secret(text);
    const call: VaultCall = { ...lookupSelf, token };
    const answer = await http.send(call, signal);
    // A token may lack the right to look itself up. Then its end is not known.
    if (answer.status === 403) return { token, renewable: false, ...timesOf(0, clock.now()) };
    if (answer.status >= 300) throw vaultFailure(call, answer);
    const { ttl, renewable } = answer.data;
    return { token, renewable: renewable === true, ...timesOf(ttl, clock.now()) };
  };
  return {
    open,
    isCurrent: ({ token }) => token.reveal() === read()?.trim(),
    advice: `the token in ${place} has expired or lacks the capability update on this path`,
  };
}
