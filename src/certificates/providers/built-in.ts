import { randomBytes } from 'node:crypto';
import { caSecret } from '../../api/control-plane-names.ts';
import { newRoot } from '../signing-authority.ts';
import type { KeyKind } from '../../x509/key-pair.ts';
import { KeptAuthority, type KeptAuthorityOptions } from './kept-authority.ts';

export interface BuiltInOptions extends Omit<KeptAuthorityOptions, 'secretName' | 'source'> {
  /** Default `weft-ca`. */
  readonly secretName?: string;
  /** The kind of key for a root that is made here. Default P-256. */
  readonly keyKind?: KeyKind;
}

const rootValidityMs = 10 * 365 * 24 * 3_600_000;

/**
 * Signs with Weft's own root, made on first use, or with a CA that a user put into the Secret (docs/decisions/0051).
 */
export class BuiltInIssuer extends KeptAuthority {
  constructor({ secretName = caSecret, keyKind = 'P-256', ...options }: BuiltInOptions) {
    const make = (): ReturnType<typeof newRoot> => {
      const commonName = `weft-ca-${randomBytes(4).toString('hex')}`;
      return newRoot(commonName, {
        now: options.clock.now(),
        validityMs: rootValidityMs,
        keyKind,
      });
    };
    super({ ...options, secretName, source: { name: 'builtIn', renews: false, make } });
  }
}
