import type { Clock } from '../common/clock.ts';
import { pemOf } from '../common/pem.ts';
import { Secret } from '../common/secret.ts';
import type { CertificateSource } from '../common/served-certificate.ts';
import { generateKeyPair, privateKeyPem } from './key-pair.ts';
import { selfSign } from './sign.ts';
import { gatewayTemplate } from './template.ts';

const hourMs = 3_600_000;
const validityMs = 10 * 365 * 24 * hourMs;

/**
 * A self-signed certificate that a process makes at its start and keeps only in memory. It protects the connection
 * from eavesdroppers, but clients cannot verify the server by it.
 */
export async function selfSigned(
  name: string,
  clock: Pick<Clock, 'now'>,
): Promise<CertificateSource> {
  const keys = await generateKeyPair('P-256');
  const notBefore = clock.now() - hourMs;
  const named = gatewayTemplate([name], { notBefore, notAfter: notBefore + validityMs });
  const template = { ...named, extendedKeyUsage: ['serverAuth'] } as const;
  const shown = {
    chain: pemOf('CERTIFICATE', selfSign(template, keys)),
    key: new Secret(privateKeyPem(keys.privateKey)),
  };
  return { current: () => shown, onChange: () => () => undefined };
}
