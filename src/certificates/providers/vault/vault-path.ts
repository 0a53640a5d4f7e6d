import { WeftError } from '../../../common/errors.ts';

/**
 * A path of Vault's API from parts that users wrote; a part may contain slashes. Throws issuer-misconfigured for a
 * part that could lead to another path.
 */
export function vaultPath(...parts: readonly string[]): string {
  return parts.map(clean).join('/');
}

function clean(part: string): string {
  const segments = part.replace(/^\/+|\/+$/g, '').split('/');
  const odd = segments.some((one) => one === '' || one === '.' || one === '..');
  if (odd || /[^\x21-\x7e]|[\\?#%]/.test(part))
    throw new WeftError(
      'issuer-misconfigured',
      `${JSON.stringify(part)} is not a path of Vault: use names and slashes, without . and ..`,
      { retry: 'soon' },
    );
  return segments.map(encodeURIComponent).join('/');
}
