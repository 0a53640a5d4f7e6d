import { X509Certificate } from 'node:crypto';
import type { Pod } from '../../src/api/core.ts';
import { kinds } from '../../src/api/kinds.ts';
import { done } from '../../tools/real/openbao.ts';
import { type InstallPlace, readSecret } from '../../tools/issuers/place.ts';
import { names, type Provider } from '../../tools/issuers/provider.ts';
import type { Issuers } from '../../tools/issuers/up.ts';

/** The root as its issuer holds it, which is not as Weft says: its serial number, in hexadecimal. */
export async function serialOf(
  place: InstallPlace,
  issuers: Issuers,
  provider: Provider,
): Promise<string> {
  const pem = await rootOf(place, issuers, provider);
  return new X509Certificate(pem).serialNumber.toLowerCase();
}

async function rootOf(
  place: InstallPlace,
  { openBao }: Issuers,
  { builtIn, certManager, vault }: Provider,
): Promise<string> {
  if (vault !== undefined) {
    const { data } = await done(openBao.call(`${vault.mount ?? 'pki'}/cert/ca`));
    return String(data['certificate']);
  }
  const [namespace, name, key] =
    certManager === undefined
      ? [names.system, builtIn?.caSecretRef?.name ?? 'weft-ca', 'ca.crt']
      : ['cert-manager', certManager.issuerRef.name, 'tls.crt'];
  const pem = (await readSecret(place, { namespace, name }))?.[key];
  if (pem === undefined) throw new Error(`there is no ${key} in Secret ${namespace}/${name}`);
  return pem;
}

interface EnvoyCertificates {
  readonly certificates: readonly {
    readonly ca_cert: readonly { readonly serial_number: string }[];
    readonly cert_chain: readonly object[];
  }[];
}

/** The serial numbers of the roots by which a pod's sidecar knows its peers, without repetition. */
async function trustedBy({ kubectl }: InstallPlace, pod: string): Promise<readonly string[]> {
  const script =
    "fetch('http://127.0.0.1:15000/certs').then(async (r) => console.log(await r.text()))";
  const node = ['/usr/local/bin/node', '-e', script];
  const out = await kubectl.run('exec', '-n', 'load', pod, '--', ...node);
  const { certificates } = JSON.parse(out) as EnvoyCertificates;
  // Where there is no certificate of its own, the sidecar talks to the control plane.
  const ofPeers = certificates.filter(({ cert_chain: chain }) => chain.length > 0);
  const serials = ofPeers.flatMap(({ ca_cert: ca }) => ca.map((one) => one.serial_number));
  return [...new Set(serials)].sort();
}

/** For each pod of the load that trusts anything but that root: what it trusts. */
export async function strangersTo(
  place: InstallPlace,
  expected: string,
): Promise<readonly string[]> {
  const signal = AbortSignal.timeout(30_000);
  const pods = await place.api.list<Pod>(kinds.pod, { namespace: 'load' }, signal);
  const running = pods.filter(({ status }) => status?.phase === 'Running');
  const found = await Promise.all(
    running.map(async ({ metadata: { name } }) => [name, await trustedBy(place, name)] as const),
  );
  return found
    .filter(([, trusted]) => trusted.join() !== expected)
    .map(([name, trusted]) => `${name} trusts ${trusted.join(', ')}, not ${expected} alone`);
}
