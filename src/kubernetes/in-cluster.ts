import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { isIPv6 } from 'node:net';
import { join } from 'node:path';
import type { Clock } from '../common/clock.ts';
import { WeftError } from '../common/errors.ts';
import { type Access, type Credentials, keptAccess } from './credentials.ts';

/** Where the kubelet puts a pod's service account. */
export const serviceAccountFolder = '/var/run/secrets/kubernetes.io/serviceaccount';

export interface OwnPod {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly folder: string;
  readonly clock: Clock;
}

/** True when we run in a pod that has a service account. */
export function isInCluster(folder = serviceAccountFolder): boolean {
  return existsSync(join(folder, 'token'));
}

/** A pod's own credentials. The token and CA files are read again as the kubelet renews them. */
export async function inClusterCredentials(pod: OwnPod): Promise<Credentials> {
  const host = pod.environment['KUBERNETES_SERVICE_HOST'];
  const port = pod.environment['KUBERNETES_SERVICE_PORT'] ?? '443';
  if (host === undefined || host === '') {
    throw new WeftError('configuration-invalid', 'KUBERNETES_SERVICE_HOST is not set');
  }
  const file = (name: string): Promise<string> => readFile(join(pod.folder, name), 'utf8');
  const read = async (): Promise<Access> => {
    const [token, ca] = await Promise.all([file('token'), file('ca.crt')]);
    return { headers: { authorization: `Bearer ${token.trim()}` }, tls: { ca } };
  };
  const namespace = await file('namespace').then(
    (text) => text.trim(),
    () => undefined,
  );
  return {
    server: `https://${isIPv6(host) ? `[${host}]` : host}:${port}`,
    proxy: undefined,
    namespace,
    access: keptAccess(read, () => pod.clock.now()),
  };
}
