import { describe, expect, it } from '@jest/globals';
import { isVaultAllowed, vaultAddressesIn } from './vault-addresses.ts';

describe('the addresses of Vault that a flag allows', () => {
  it('are compared by scheme, host and port', () => {
    const allowed = vaultAddressesIn('https://vault.example.com:8200/, https://VAULT.example.com');
    expect(isVaultAllowed('https://vault.example.com:8200', allowed)).toBe(true);
    expect(isVaultAllowed('https://vault.example.com:443/', allowed)).toBe(true);
    expect(isVaultAllowed('https://vault.example.com:8201', allowed)).toBe(false);
    expect(isVaultAllowed('https://vault.example.com.attacker.example:8200', allowed)).toBe(false);
  });

  it('are all without any', () => {
    expect(vaultAddressesIn('')).toEqual([]);
    expect(isVaultAllowed('https://anywhere.example', [])).toBe(true);
  });

  it.each(['http://vault.example.com', 'vault.example.com', 'https://u:p@vault.example.com'])(
    'cannot be %s',
    (flag) => {
      expect(() => vaultAddressesIn(`https://ok.example,${flag}`)).toThrow(/^--vault-addresses: /);
    },
  );
});
