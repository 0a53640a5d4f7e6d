import type { RequestOptions } from 'node:https';
import type { Cluster, KubeConfig } from '@kubernetes/client-node';
import type { Clock } from '../common/clock.ts';
import { WeftError } from '../common/errors.ts';
import { type Access, type Credentials, type TlsIdentity, keptAccess } from './credentials.ts';

export interface KubeconfigSource {
  /** A file; otherwise what KUBECONFIG names, or ~/.kube/config. */
  readonly file: string | undefined;
  /** Otherwise the current context. */
  readonly context: string | undefined;
  /** Whether the server's certificate must be verified. */
  readonly verified: boolean;
  readonly clock: Clock;
}

/** The context that client-node makes up, for localhost without TLS, when there is no file at all. */
const foundNothing = 'loaded-context';

/**
 * The credentials of a kubeconfig's context: certificates, tokens, exec plug-ins and OIDC, as client-node reads them.
 * That package is loaded only here, because it takes 62 MB of resident memory, which a pod can save
 * (docs/decisions/0007).
 */
export async function kubeconfigCredentials(source: KubeconfigSource): Promise<Credentials> {
  const { KubeConfig } = await import('@kubernetes/client-node');
  const config = new KubeConfig();
  try {
    if (source.file === undefined) config.loadFromDefault();
    else config.loadFromFile(source.file);
  } catch (cause) {
    throw new WeftError('configuration-invalid', 'the kubeconfig cannot be read', { cause });
  }
  if (config.getCurrentContext() === foundNothing) {
    const message =
      'there is no kubeconfig: KUBECONFIG is not set, and ~/.kube/config does not exist';
    throw new WeftError('configuration-invalid', message);
  }
  if (source.context !== undefined) choose(config, source.context);
  const cluster = config.getCurrentCluster();
  if (cluster === null) {
    throw new WeftError('configuration-invalid', 'the kubeconfig names no current cluster');
  }
  if (source.verified) demandVerification(cluster);
  return {
    server: cluster.server.replace(/\/+$/, ''),
    proxy: cluster.proxyUrl,
    namespace: config.getContextObject(config.getCurrentContext())?.namespace,
    access: keptAccess(
      async () => withVerification(await readAccess(config), source.verified),
      () => source.clock.now(),
    ),
  };
}

function choose(config: KubeConfig, context: string): void {
  if (config.getContextObject(context) === null) {
    const names = config.getContexts().map(({ name }) => name);
    const known = names.length === 0 ? 'none' : names.join(', ');
    const message = `the kubeconfig has no context ${context}; it has: ${known}`;
    throw new WeftError('configuration-invalid', message);
  }
  config.setCurrentContext(context);
}

function demandVerification({ name, server, skipTLSVerify }: Cluster): void {
  if (!/^https:/i.test(server)) {
    const message = `the address ${server} does not begin with https:, so nothing is sent to it`;
    throw new WeftError('configuration-invalid', message);
  }
  if (!skipTLSVerify) return;
  const message = `cluster ${name} of the kubeconfig sets insecure-skip-tls-verify; give it certificate-authority-data instead`;
  throw new WeftError('configuration-invalid', message);
}

/** Sets verification explicitly, because the environment can turn it off where it is left unset. */
function withVerification(access: Access, verified: boolean): Access {
  return verified ? { ...access, tls: { ...access.tls, rejectUnauthorized: true } } : access;
}

async function readAccess(config: KubeConfig): Promise<Access> {
  const options: RequestOptions = {};
  try {
    await config.applyToHTTPSOptions(options);
  } catch (cause) {
    throw new WeftError('configuration-invalid', 'the kubeconfig gives no credentials', {
      cause,
      retry: 'soon',
    });
  }
  return { headers: headersOf(options), tls: tlsOf(options) };
}

function headersOf(options: RequestOptions): Readonly<Record<string, string>> {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(options.headers ?? {})) headers[name] = String(value);
  const { auth } = options;
  if (typeof auth === 'string') {
    headers['Authorization'] = `Basic ${Buffer.from(auth).toString('base64')}`;
  }
  return headers;
}

function tlsOf(options: RequestOptions): TlsIdentity {
  const pem = (value: unknown): string | undefined =>
    Buffer.isBuffer(value) || typeof value === 'string' ? value.toString() : undefined;
  const found = {
    ca: pem(options.ca),
    cert: pem(options.cert),
    key: pem(options.key),
    servername: options.servername,
    rejectUnauthorized: options.rejectUnauthorized,
  };
  return Object.fromEntries(Object.entries(found).filter(([, value]) => value !== undefined));
}
