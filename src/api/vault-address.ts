/**
 * Parts of an address that a MeshRootCertificate would lose, since it has only scheme, host and port; by the character
 * that begins each.
 */
const surplus: Readonly<Record<string, string>> = {
  '@': 'it has a user name in it',
  '/': 'it has a path; set the path of the PKI engine in mount',
  '\\': 'it has a backslash in it',
  '?': 'it has a query',
  '#': 'it has a fragment',
};

/**
 * Why this cannot be the address of Vault, and what to write; undefined when it is `https://host[:port]`,
 * with at most a slash behind it. Never quotes the address: there may be a password in it.
 */
export function problemOfVaultAddress(address: string): string | undefined {
  const isUrl = address.startsWith('https://') && URL.canParse(address);
  const url = isUrl ? new URL(address) : undefined;
  if (url === undefined || url.port === '0')
    return 'it is not an https URL; write it as https://vault.example.com:8200';
  const rest = address.slice('https://'.length).replace(/\/$/, '');
  const [first] = /[@/\\?#\s]/.exec(rest) ?? [];
  if (first === undefined) return undefined;
  return `${surplus[first] ?? 'it has a blank in it'}; write it as ${url.origin}`;
}
