import { tokenAudience } from './labels.ts';

/**
 * Why a token for this audience must not be sent to Vault, and what to write; undefined when it may. `known` are the
 * issuer and the audiences of the API server, where they are known. Refused in any spelling: these, the names that
 * every API server accepts, and the audience of proxies' tokens (docs/decisions/0096).
 */
export function problemOfVaultAudience(
  audience: string,
  known: readonly string[] = [],
): string | undefined {
  const remedy = 'choose an audience that only Vault accepts, such as vault';
  if (!/^[!-~]+$/.test(audience))
    return `it is empty, or has a blank or a character that is not ASCII; ${remedy}`;
  const words = plain(audience);
  if (words === tokenAudience)
    return `proxies use this audience, so with that token Vault could act as a proxy or as the control plane; ${remedy}`;
  if (ofEveryApiServer.test(words) || known.map(plain).includes(words))
    return `the API server accepts this audience, so with that token Vault could do all that the control plane may do; ${remedy}`;
  return undefined;
}

/**
 * The audience in lower case, without scheme, trailing slashes, port and final dot, so that all spellings compare as
 * equal.
 */
function plain(audience: string): string {
  return audience
    .trim()
    .toLowerCase()
    .replace(/^[a-z][a-z0-9+.-]*:\/\//, '')
    .replace(/\/+$/, '')
    .replace(/:\d+$/, '')
    .replace(/\.$/, '');
}

const ofEveryApiServer = /^kubernetes(\.default(\.svc(\..*)?)?)?([:/].*)?$/;
