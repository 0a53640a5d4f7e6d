import { WeftError, type ErrorCode } from '../../../common/errors.ts';
import { createBeyondCaError, refusesBeyondCa } from '../shorten-request.ts';
import { busyError } from '../throttle.ts';
import { describeCall, type VaultAnswer, type VaultCall } from './vault-http.ts';

/** The caller's advice on what a refusal most likely means, by HTTP status. */
export type Advice = Readonly<Partial<Record<number, string>>>;

/** Statuses of temporary refusals, and their reasons. */
const passing: Advice = {
  429: 'Vault limits the rate of calls, or is a standby',
  472: 'Vault is a standby',
  473: 'Vault is a standby',
  502: 'Vault cannot be reached behind its proxy',
  503: 'Vault is sealed or not ready',
  504: 'Vault does not answer its proxy',
};

/** The error for an unsuccessful answer. A temporary refusal gives a busy error, which the throttle retries. */
export function vaultFailure(call: VaultCall, answer: VaultAnswer, advice: Advice = {}): WeftError {
  const { status, retryAfterMs } = answer;
  const help = passing[status] ?? advice[status] ?? (status < 400 ? noRedirects : '');
  const message = `${describeCall(call)}: ${status}${quoteErrors(answer)}${help === '' ? '' : `; ${help}`}`;
  if (passing[status] !== undefined) {
    const kind = status === 429 ? 'slow-down' : 'away';
    return busyError(message, { kind, retryAfterMs });
  }
  return lastingFailure(message, answer);
}

function lastingFailure(message: string, { status, errors }: VaultAnswer): WeftError {
  const words = errors.join(' ');
  if (status === 400 && refusesBeyondCa(words)) return createBeyondCaError(message, words);
  const cause = status >= 500 ? new FaultOfVault(message) : undefined;
  return new WeftError(codeOf(status), message, { retry: 'soon', cause });
}

class FaultOfVault extends Error {
  override readonly name = 'FaultOfVault';
}

/** Whether Vault answered with a server error that waiting does not fix. Its cause may be in the settings. */
export function isFaultOfVault(error: WeftError): boolean {
  return error.cause instanceof FaultOfVault;
}

const noRedirects =
  'Weft follows no redirects; set vault.address to the address that answers without a redirect';

function codeOf(status: number): ErrorCode {
  if (status === 403) return 'issuer-refused';
  // Vault also answers 500 for an unknown issuer, so that looks the same as a temporary fault of Vault.
  return status >= 500 ? 'issuer-unavailable' : 'issuer-misconfigured';
}

const longestWord = 200;

/** Vault's error messages, shortened, on one line, and without any PEM that they quote. */
function quoteErrors({ errors }: VaultAnswer): string {
  const words = errors
    .map((one) =>
      one
        .replace(/-----BEGIN.*/s, '')
        .replace(/\s+/g, ' ')
        .trim(),
    )
    .map((one) => one.slice(0, longestWord))
    .filter((one) => one !== '');
  return words.length === 0 ? '' : ` (${words.slice(0, 3).join('; ')})`;
}
