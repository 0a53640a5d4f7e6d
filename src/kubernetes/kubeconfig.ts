import type { RequestOptions } from 'node:https';
import type { KubeConfig } from '@kubernetes/client-node';
import type { Clock } from '../common/clock.ts';
import { WeftError } from '../common/errors.ts';
import { type Access, type Credentials, type TlsIdentity, keptAccess } from './credentials.ts';

export interface KubeconfigSource {
  /** A file; otherwise what KUBECONFIG names, or ~/.kube/config. */
  readonly file: string | undefined;
  readonly clock: Clock;
}

/**
 * The credentials of a kubeconfig's current context: certificates, tokens, exec plug-ins and OIDC,
 * as client-node reads them. That package is loaded only here (62 MB resident that a pod can spare).
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
  const cluster = config.getCurrentCluster();
  if (cluster === null) {
    throw new WeftError('configuration-invalid', 'the kubeconfig names no current cluster');
  }
  return {
    server: cluster.server.replace(/\/+$/, ''),
    proxy: cluster.proxyUrl,
    namespace: config.getContextObject(config.getCurrentContext())?.namespace,
    access: keptAccess(
      () => readAccess(config),
      () => source.clock.now(),
    ),
  };
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
