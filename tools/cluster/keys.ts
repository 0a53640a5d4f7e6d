import { generateKeyPairSync } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Authority, type CertificateRequest, createAuthority } from './authority.ts';
import { apiServiceAddresses } from './control-plane.ts';

/**
 * Writes the keys of a control plane into `directory`: `ca`, `apiserver` (valid for the
 * given addresses), `kubelet-client`, `front-proxy` and `service-account`, as `.crt`/`.pub` and `.key`.
 */
export async function writeKeys(
  directory: string,
  addresses: readonly string[],
): Promise<Authority> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const authority = await createAuthority('weft local cluster');
  await writePair(directory, 'ca', authority);
  const requests: Record<string, CertificateRequest> = {
    apiserver: {
      commonName: 'kube-apiserver',
      dnsNames: [
        'localhost',
        'kubernetes',
        'kubernetes.default',
        'kubernetes.default.svc',
        'kubernetes.default.svc.cluster.local',
      ],
      addresses: ['127.0.0.1', ...apiServiceAddresses, ...addresses],
    },
    'kubelet-client': {
      commonName: 'kube-apiserver-kubelet-client',
      organization: 'system:masters',
    },
    'front-proxy': { commonName: 'front-proxy-client' },
  };
  for (const [name, request] of Object.entries(requests)) {
    await writePair(directory, name, await authority.issue(request));
  }
  const tokens = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
  await writeFile(join(directory, 'service-account.pub'), tokens.publicKey);
  await writeFile(join(directory, 'service-account.key'), tokens.privateKey, { mode: 0o600 });
  return authority;
}

/** Writes `name.crt` and `name.key`. */
export async function writePair(
  directory: string,
  name: string,
  pair: { certificate: string; key: string },
): Promise<void> {
  await writeFile(join(directory, `${name}.crt`), `${pair.certificate}\n`);
  await writeFile(join(directory, `${name}.key`), `${pair.key}\n`, { mode: 0o600 });
}

/** Writes a kubeconfig with embedded keys, for a client with a certificate of the authority. */
export async function writeKubeconfig(
  file: string,
  server: string,
  client: { authority: Authority; request: CertificateRequest; cluster: string },
): Promise<void> {
  const pair = await client.authority.issue(client.request);
  const base64 = (text: string): string => Buffer.from(text).toString('base64');
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': client.cluster,
    clusters: [
      {
        name: client.cluster,
        cluster: { server, 'certificate-authority-data': base64(client.authority.certificate) },
      },
    ],
    contexts: [
      {
        name: client.cluster,
        context: { cluster: client.cluster, user: client.request.commonName },
      },
    ],
    users: [
      {
        name: client.request.commonName,
        user: {
          'client-certificate-data': base64(pair.certificate),
          'client-key-data': base64(pair.key),
        },
      },
    ],
  };
  await writeFile(file, `${JSON.stringify(config, undefined, 2)}\n`, { mode: 0o600 });
}
