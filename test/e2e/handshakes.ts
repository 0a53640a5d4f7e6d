import { beforeAll, expect, it } from '@jest/globals';
import { kinds } from '../../src/api/kinds.ts';
import { callerAlpn, meshAlpn } from '../../src/envoy/names.ts';
import { figure } from './figure.ts';
import { type Certificate, makeCertificate, openOutside, outside } from './guests.ts';
import { ask, runInPod } from './in-pod.ts';
import { twoBookstores } from './rolling-restart.ts';
import type { TestCluster } from './test-cluster.ts';

/** What a client outside the mesh sees of a sidecar. */
export interface Handshake {
  readonly subjectAltName: string;
  /** The common name of the signer of the sidecar's certificate. */
  readonly issuer: string;
  /** Kind and bits of the sidecar's key. */
  readonly key: string;
  readonly protocol: string;
  readonly answer: string;
  readonly error: string;
}

const servername = 'bookstore.bookstore.svc.cluster.local';
/** What the bookbuyer's sidecar offers, and anybody else may: the certificate decides. */
const alpn = [callerAlpn('bookbuyer/bookbuyer'), meshAlpn];
const spiffe = (namespace: string, account: string): string =>
  `URI:spiffe://cluster.local/ns/${namespace}/sa/${account}`;
/** A client without a certificate. */
export const nobody: Certificate = { cert: '', key: '' };

async function storeAddress({ kubectl }: TestCluster): Promise<string> {
  const args = ['pods', '-n', 'bookstore', '-l', 'version=v1', '--no-headers'];
  const path = '-o=jsonpath={.items[0].status.podIP}';
  return kubectl.run('get', ...args, path);
}

/** A TLS connection from outside the mesh straight to a bookstore's pod, where Envoy takes it. */
export async function handshake(world: TestCluster, client: Certificate): Promise<Handshake> {
  const plan = { host: await storeAddress(world), port: 14001, servername, alpn, ...client };
  const out = await runInPod(world, outside, ['tls-client.mjs', JSON.stringify(plan)]);
  return JSON.parse(out) as Handshake;
}

/** The mesh's own root with its key, which only a test may take out of its Secret. */
async function root({ api, signal }: TestCluster): Promise<Certificate> {
  const ref = { kind: kinds.secret, namespace: 'weft-system', name: 'weft-ca' };
  const secret = (await api.get(ref, signal)) as unknown as { data: Record<string, string> };
  const text = (key: string): string => Buffer.from(secret.data[key] ?? '', 'base64').toString();
  return { cert: text('tls.crt'), key: text('tls.key') };
}

/** What goes over the network, and the callers that a sidecar refuses. */
export function wire(world: () => TestCluster): void {
  beforeAll(async () => {
    await Promise.all([twoBookstores(world()), openOutside(world())]);
  }, 120_000);

  it('plaintext from outside the mesh is refused', async () => {
    const url = `http://${await storeAddress(world())}:14001/books-bought`;

    const answers = await ask(world(), outside, { plaintext: { url, expect: '^ECONNRESET$' } });
    figure(`plaintext to a pod of the mesh: ${answers['plaintext'] ?? ''}`);
    expect(answers).toEqual({ plaintext: 'ECONNRESET' });
  }, 30_000);

  it('TLS without a certificate, or with one of a foreign authority, is refused', async () => {
    const foreign = await makeCertificate('/CN=foreign', [spiffe('bookbuyer', 'bookbuyer')]);
    const [bare, forged] = await Promise.all([
      handshake(world(), nobody),
      handshake(world(), foreign),
    ]);
    expect([bare.answer, forged.answer]).toEqual(['', '']);
    expect([bare.error, forged.error]).toEqual([
      expect.stringMatching(/CERTIFICATE_REQUIRED|ECONNRESET|HANDSHAKE_FAILURE/),
      expect.stringMatching(/UNKNOWN_CA|ECONNRESET|CERTIFICATE_UNKNOWN/),
    ]);
    figure(`TLS to a pod of the mesh without a certificate: ${bare.error}`);
    figure(`TLS to a pod of the mesh with a foreign one: ${forged.error}`);
  }, 30_000);

  it('the certificate on the wire names the workload by SPIFFE; only those allowed get an answer', async () => {
    const authority = await root(world());
    const buyer = await makeCertificate('/CN=x', [spiffe('bookbuyer', 'bookbuyer')], authority);
    const thief = await makeCertificate('/CN=x', [spiffe('bookthief', 'bookthief')], authority);
    const [allowed, denied] = await Promise.all([
      handshake(world(), buyer),
      handshake(world(), thief),
    ]);
    figure(`certificate on the wire: ${allowed.subjectAltName}, ${allowed.protocol}`);
    expect(allowed.subjectAltName.split(', ')).toContain(spiffe('bookstore', 'bookstore'));
    expect(allowed.answer).toMatch(/^HTTP\/1\.1 200 /);
    expect(denied.answer).not.toMatch(/^HTTP\/1\.1 200 /);
    expect(`${denied.answer.slice(0, 12)} ${denied.error}`).toMatch(
      /^HTTP\/1\.1 403|UNKNOWN|RESET/,
    );
  }, 30_000);
}
