import { problemOfVaultAddress } from './vault-address.ts';

/**
 * The addresses in the text of a flag: separated by commas, each as vault.address would have it; empty
 * means any. Throws an Error that says what is wrong with the flag.
 */
export function vaultAddressesIn(flag: string): readonly string[] {
  const addresses = flag
    .split(',')
    .map((one) => one.trim())
    .filter((one) => one !== '');
  return addresses.map((address) => {
    const problem = problemOfVaultAddress(address);
    if (problem !== undefined) throw new Error(`--vault-addresses: ${problem}`);
    return new URL(address).origin;
  });
}

/** Whether Vault may be called at that https address; an empty list allows all. */
export function isVaultAllowed(address: string, allowed: readonly string[]): boolean {
  return allowed.length === 0 || allowed.includes(new URL(address).origin);
}
