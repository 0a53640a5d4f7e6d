import { WeftError } from '../../../src/common/errors.ts';
import type { IdentityKey } from '../../../src/policy/identity.ts';
import type { Proxy } from '../../../src/policy/proxy.ts';

/** Takes a token for what it says: it is `<pod>~<account>`, and anything else is none. It lasts an hour. */
export function authenticateByName(token: string): Promise<Proxy> {
  const [pod, account] = token.split('~');
  if (pod === undefined || account === undefined)
    return Promise.reject(new WeftError('not-authenticated', 'no such token'));
  const expires = Date.now() + 3_600_000;
  return Promise.resolve({ pod, uid: `uid-${pod}`, account: account as IdentityKey, expires });
}
