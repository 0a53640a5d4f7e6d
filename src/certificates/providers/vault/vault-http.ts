import { Agent, request, type Dispatcher } from 'undici';
import { problemOfVaultAddress } from '../../../api/vault-address.ts';
import { isVaultAllowed } from '../../../api/vault-addresses.ts';
import type { Clock } from '../../../common/clock.ts';
import { httpOne } from '../../../common/http-one.ts';
import { isDistrust } from '../../../common/distrust.ts';
import { WeftError } from '../../../common/errors.ts';
import { fieldsIn, fieldsOf } from '../../../common/read.ts';
import type { Secret } from '../../../common/secret.ts';
import { withinTime } from '../../../kubernetes/time-limit.ts';
import { busyError } from '../throttle.ts';

export interface VaultCall {
  readonly method: 'GET' | 'POST';
  /** Below /v1/, already encoded. */
  readonly path: string;
  readonly body?: Readonly<Record<string, unknown>>;
  readonly token?: Secret<string>;
}

/** An answer of any status. A missing part is empty. */
export interface VaultAnswer {
  readonly status: number;
  readonly data: Readonly<Record<string, unknown>>;
  readonly auth: Readonly<Record<string, unknown>>;
  readonly errors: readonly string[];
  /** From Retry-After, in milliseconds; 0 without that header. */
  readonly retryAfterMs: number;
}

export interface VaultHttpOptions {
  /** https://host:port */
  readonly address: string;
  /** The allowed addresses of Vault, as https://host:port; empty allows any. */
  readonly allowed: readonly string[];
  /** Vault's own namespace; '' for none. */
  readonly namespace: string;
  /** PEM of the roots that verify Vault's certificate; undefined for those of the system. */
  readonly ca: () => string | undefined;
  readonly clock: Clock;
  /** How long one call may take. Default 10 s. */
  readonly limitMs?: number | undefined;
}

const longestAnswer = 256 * 1024;

/**
 * Makes calls to Vault's HTTP API, only over https and only to that address. Follows no redirect: it is an answer
 * like any other. Rejects with issuer-unavailable when no answer comes, and with issuer-misconfigured when none can
 * come.
 */
export class VaultHttp {
  readonly #options: VaultHttpOptions;
  #pool: { readonly ca: string | undefined; readonly agent: Agent } | undefined;

  constructor(options: VaultHttpOptions) {
    this.#options = options;
  }

  async send(call: VaultCall, signal: AbortSignal): Promise<VaultAnswer> {
    const { clock, limitMs = 10_000 } = this.#options;
    const base = this.#base();
    const late = (): Error =>
      busyError(`${describeCall(call)}: no answer within ${limitMs} ms`, { kind: 'away' });
    const limit = { clock, ms: limitMs, reason: late };
    return withinTime(limit, (inner) => this.#exchange(base, call, inner), signal);
  }

  /** Ends every connection. */
  async close(): Promise<void> {
    const pool = this.#pool;
    this.#pool = undefined;
    await pool?.agent.destroy();
  }

  #base(): string {
    const { address, allowed } = this.#options;
    const problem = problemOfVaultAddress(address);
    if (problem !== undefined)
      throw new WeftError(
        'issuer-misconfigured',
        `the address of Vault must be https://<host>:<port> only: ${problem}`,
      );
    const { origin } = new URL(address);
    if (isVaultAllowed(address, allowed)) return origin;
    throw new WeftError(
      'issuer-misconfigured',
      `Weft does not call Vault at ${origin}: the operator's flag --vault-addresses allows only ` +
        `${allowed.join(', ')}; use an allowed address, or ask an administrator to add this address to the flag`,
      { retry: 'soon' },
    );
  }

  async #exchange(base: string, call: VaultCall, signal: AbortSignal): Promise<VaultAnswer> {
    try {
      const response = await request(`${base}/v1/${call.path}`, {
        dispatcher: this.#agent(),
        method: call.method,
        headers: this.#headers(call),
        body: call.body === undefined ? null : JSON.stringify(call.body),
        signal,
      });
      return await readAnswer(response);
    } catch (thrown) {
      if (signal.aborted) throw signal.reason;
      throw thrown instanceof WeftError ? thrown : unreachable(base, call, thrown);
    }
  }

  #headers({ token, body }: VaultCall): Record<string, string> {
    const { namespace } = this.#options;
    return {
      'x-vault-request': 'true',
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(namespace === '' ? {} : { 'x-vault-namespace': namespace }),
      ...(token === undefined ? {} : { 'x-vault-token': token.reveal() }),
    };
  }

  /** Keeps one connection pool until the roots that verify Vault's certificate change. */
  #agent(): Dispatcher {
    const ca = this.#options.ca();
    if (this.#pool !== undefined && this.#pool.ca === ca) return this.#pool.agent;
    void this.#pool?.agent.close();
    const agent = new Agent({
      ...httpOne,
      connections: 8,
      maxResponseSize: longestAnswer,
      connect: { timeout: 5_000, ...(ca === undefined ? {} : { ca }) },
    });
    this.#pool = { ca, agent };
    return agent;
  }
}

/** The call for messages: its method and path, never its body or token. */
export function describeCall({ method, path }: VaultCall): string {
  return `Vault ${method} ${path}`;
}

function unreachable(base: string, call: VaultCall, thrown: unknown): WeftError {
  const code = codeOf(thrown);
  if (isDistrust(code))
    return new WeftError(
      'issuer-misconfigured',
      `${describeCall(call)}: the certificate of ${base} is not trusted (${code}); ` +
        "put the root of Vault's own certificate into the Secret of caBundleSecretRef",
      { retry: 'soon' },
    );
  const message = `${describeCall(call)}: no answer from ${base} (${code})`;
  return busyError(message, { kind: 'away', cause: thrown });
}

function codeOf(thrown: unknown): string {
  const code = (thrown as { code?: unknown } | undefined)?.code;
  return typeof code === 'string' ? code : 'the connection failed';
}

async function readAnswer(response: Dispatcher.ResponseData): Promise<VaultAnswer> {
  const text = await response.body.text();
  const parsed = fieldsIn(text);
  const after = response.headers['retry-after'];
  return {
    status: response.statusCode,
    data: fieldsOf(parsed['data']),
    auth: fieldsOf(parsed['auth']),
    errors: [...textsOf(parsed['errors']), ...locationOf(response)],
    retryAfterMs: typeof after === 'string' && /^\d{1,5}$/.test(after) ? Number(after) * 1000 : 0,
  };
}

/** The origin that a redirect points to. Path and query are left out, because they could repeat what was sent. */
function locationOf({ statusCode, headers: { location } }: Dispatcher.ResponseData): string[] {
  if (statusCode < 300 || statusCode >= 400 || typeof location !== 'string') return [];
  return [URL.canParse(location) ? new URL(location).origin : 'another path'];
}

function textsOf(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((one) => typeof one === 'string') : [];
}
