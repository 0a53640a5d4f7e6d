import { sentToVault } from '../../../api/labels.ts';
import type { VaultRoot } from '../../../api/root-spec.ts';
import { untilAborted } from '../../../common/aborted.ts';
import type { Clock } from '../../../common/clock.ts';
import { WeftError } from '../../../common/errors.ts';
import type { Logger } from '../../../common/logger.ts';
import type { Random } from '../../../kubernetes/back-off.ts';
import type { OutsideIssuer, SignedAnswer, SigningRequest } from '../outside-issuer.ts';
import { isFaultOfVault, type Advice } from './vault-failure.ts';
import { VaultHttp, type VaultCall } from './vault-http.ts';
import { kubernetesLogin, tokenFromSecret, type RequestToken } from './vault-login.ts';
import { vaultPath } from './vault-path.ts';
import { TokenWatch } from './token-watch.ts';
import { VaultSession } from './vault-session.ts';

export interface VaultIssuerOptions {
  readonly root: VaultRoot;
  /** The namespace of the Secrets that the root names; `secretText` gives the current value of a key in them. */
  readonly namespace: string;
  readonly secretText: (key: { readonly name: string; readonly key: string }) => string | undefined;
  /** Resolves once the Secrets were read. Before that, a Secret only seems to be missing. */
  readonly secretsKnown: (signal: AbortSignal) => Promise<unknown>;
  /** Whether the owner of the Secret allows sending it to Vault. Also true when the Secret does not exist. */
  readonly maySend: (name: string) => boolean;
  /** The allowed addresses of Vault, as https://host:port; empty allows any. */
  readonly allowed?: readonly string[] | undefined;
  readonly requestToken: RequestToken;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** How long one call may take; ms. */
  readonly limitMs?: number | undefined;
  /** Interval between checks of the token at Vault while nothing is signed, in ms. */
  readonly pollIntervalMs?: number | undefined;
}

/** A PKI engine of Vault or OpenBao that signs leaves under a role, or intermediates. */
export function vaultIssuer(options: VaultIssuerOptions): OutsideIssuer {
  const { root, clock, secretText } = options;
  const { caBundle } = root;
  const ca = (): string | undefined => {
    if (caBundle === undefined) return undefined;
    const text = secretText(caBundle);
    if (text !== undefined && text.trim() !== '') return text;
    throw missing(`${caBundle.key} of Secret ${options.namespace}/${caBundle.name}`);
  };
  const { address, namespace } = root;
  const { limitMs, allowed = [] } = options;
  const http = new VaultHttp({ address, allowed, namespace, ca, clock, limitMs });
  const session = openSession(http, options);
  const path = signPath(root);
  const watch = watchToken(session, path, options);
  const sign = async (wish: SigningRequest, signal: AbortSignal): Promise<SignedAnswer> => {
    await options.secretsKnown(signal);
    const call: VaultCall = { method: 'POST', path: path(), body: bodyOf(wish) };
    try {
      const { data } = await session.call(call, adviceOf(root), signal);
      return answerFrom(data);
    } catch (thrown) {
      signal.throwIfAborted();
      const error = WeftError.from(thrown);
      if (!isFaultOfVault(error) || !(await lacksIssuer(http, root, signal))) throw error;
      throw new WeftError('issuer-misconfigured', error.message, { cause: error, retry: 'soon' });
    }
  };
  return {
    name: nameOf(root),
    sign,
    lastFailure: () => watch?.lastFailure(),
    run: async (signal) => {
      await (watch?.run(signal) ?? untilAborted(signal));
      session.close();
      await http.close();
    },
  };
}

function openSession(http: VaultHttp, options: VaultIssuerOptions): VaultSession {
  const { root, clock, namespace, secretText, requestToken } = options;
  const { auth } = root;
  if (auth.kind === 'kubernetes')
    return new VaultSession(http, kubernetesLogin(auth, requestToken, { http, clock }), clock);
  const place = `key ${auth.secret.key} of Secret ${namespace}/${auth.secret.name}`;
  const read = (): string | undefined => {
    if (!options.maySend(auth.secret.name)) throw unlabelled(`${namespace}/${auth.secret.name}`);
    return secretText(auth.secret);
  };
  return new VaultSession(http, tokenFromSecret(read, place, { http, clock }), clock);
}

/**
 * Renews a static token while nothing is signed; a login gets a new token when the next request needs it. Signing an
 * intermediate is rare, so the token is probed from time to time; the frequent requests for leaves show a bad token.
 */
function watchToken(
  session: VaultSession,
  path: () => string,
  { root: { auth, mode }, ...options }: VaultIssuerOptions,
): TokenWatch | undefined {
  if (mode === 'leaf' && auth.kind === 'kubernetes') return undefined;
  const trial = (): VaultCall => ({ method: 'POST', path: path(), body: {} });
  return new TokenWatch({ ...options, session, trial: mode === 'leaf' ? undefined : trial });
}

/**
 * Whether the named issuer does not exist. Vault answers 500 for an unknown issuer and for its own faults alike; the
 * issuer is unknown if Vault finds the default issuer and not the named one.
 */
async function lacksIssuer(
  http: VaultHttp,
  { mount, issuer }: VaultRoot,
  signal: AbortSignal,
): Promise<boolean> {
  const isThere = async (name: string): Promise<boolean> => {
    const path = vaultPath(mount, 'issuer', name, 'json');
    const { status } = await http.send({ method: 'GET', path }, signal);
    return status === 200;
  };
  if (issuer === 'default' || issuer === '') return false;
  const [named, byDefault] = await Promise.all([isThere(issuer), isThere('default')]);
  return byDefault && !named;
}

/** The path of the signing call. The default issuer has its own paths, which a policy for it names. */
function signPath({ mount, issuer, role, mode }: VaultRoot): () => string {
  const byDefault = issuer === 'default' || issuer === '';
  const parts = byDefault ? [mount] : [mount, 'issuer', issuer];
  if (mode === 'leaf') return () => vaultPath(...parts, 'sign', role);
  return () => vaultPath(...parts, ...(byDefault ? ['root'] : []), 'sign-intermediate');
}

function bodyOf(wish: SigningRequest): Record<string, unknown> {
  const { request, template, validityMs, backdateMs = 0 } = wish;
  const seconds = (ms: number): string => `${Math.floor(ms / 1000)}s`;
  const same = { csr: request, format: 'pem', ttl: seconds(Math.max(validityMs, 1_000)) };
  if (template.ca === undefined) return same;
  return {
    ...same,
    common_name: template.commonName,
    exclude_cn_from_sans: true,
    not_before_duration: seconds(backdateMs),
    max_path_length: template.ca.pathLength,
  };
}

function answerFrom(data: Readonly<Record<string, unknown>>): SignedAnswer {
  const { certificate, issuing_ca: issuing, ca_chain: chain } = data;
  const above = [...(Array.isArray(chain) ? (chain as unknown[]) : []), issuing];
  const texts = [certificate, ...above].filter((one) => typeof one === 'string');
  return { certificates: texts.map((one) => `${one.trim()}\n`).join(''), roots: '' };
}

function adviceOf({ mount, issuer, role, mode }: VaultRoot): Advice {
  const settings = `mount ${mount}, issuer ${issuer}`;
  return {
    400:
      mode === 'leaf'
        ? `check that role ${role} exists and allows the names of the mesh`
        : `check that issuer ${issuer} may sign certificates`,
    404: `there is no PKI engine at ${mount}, or no such Vault namespace`,
    500: `check that the settings (${settings}) name an existing issuer`,
  };
}

function nameOf({ address, namespace, mount, issuer, role, mode }: VaultRoot): string {
  const within = namespace === '' ? '' : ` namespace ${namespace}`;
  const signs = mode === 'leaf' ? ` role ${role}` : '';
  return `Vault ${address}${within} ${mount} issuer ${issuer}${signs}`;
}

function unlabelled(secret: string): WeftError {
  return new WeftError(
    'issuer-misconfigured',
    `Secret ${secret} lacks the label ${sentToVault}: "true", so Weft sends nothing in it to Vault; ` +
      'if the Secret holds a token for Vault, add that label to it',
    { retry: 'soon' },
  );
}

function missing(what: string): WeftError {
  return new WeftError('issuer-misconfigured', `${what} is missing or empty`, { retry: 'soon' });
}
