import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from '../../tools/base/command.ts';
import type { Pod } from './in-pod.ts';
import { applyManifest, rolledOut, type TestCluster } from './test-cluster.ts';

/** A client and server that is not in the mesh. */
export const outside: Pod = {
  namespace: 'outside',
  target: 'deployment/outside',
  container: 'outside',
};

/** A client in the mesh, in the namespace of shapes.yaml. */
export const shapesClient: Pod = {
  namespace: 'shapes',
  target: 'deployment/client',
  container: 'client',
};

const mesh = {
  labels: { 'openservicemesh.io/monitored-by': 'osm' },
  annotations: { 'openservicemesh.io/sidecar-injection': 'enabled' },
};

/** Makes a namespace that holds the program of the test servers, in the mesh or not. */
async function makeRoom(world: TestCluster, name: string, inMesh: boolean): Promise<void> {
  const source = await readFile(join(import.meta.dirname, 'servers.mjs'), 'utf8');
  const tls = await makeCertificate('/CN=probe', []);
  const objects = [
    { kind: 'Namespace', metadata: { name, ...(inMesh ? mesh : {}) } },
    {
      kind: 'ConfigMap',
      metadata: { name: 'servers', namespace: name },
      data: { 'servers.mjs': source },
    },
    {
      kind: 'Secret',
      metadata: { name: 'tls', namespace: name },
      stringData: { 'tls.crt': tls.cert, 'tls.key': tls.key },
    },
  ];
  const items = objects.map((object) => ({ apiVersion: 'v1', ...object }));
  await world.kubectl.applyText(JSON.stringify({ apiVersion: 'v1', kind: 'List', items }));
}

/** Brings up what a scenario needs beside the demo: a namespace and the manifest of that name. */
export async function openRoom(world: TestCluster, name: string, inMesh = true): Promise<void> {
  await makeRoom(world, name, inMesh);
  await applyManifest(world, `${name}.yaml`);
}

/** As `openRoom` for the client outside the mesh; resolves when it runs. */
export async function openOutside(world: TestCluster): Promise<void> {
  await openRoom(world, 'outside', false);
  await rolledOut(world, outside.namespace, outside.target);
}

/** A certificate and its key, as PEM. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
}

/** A fresh P-256 certificate with these SANs (`URI:…`), signed by `issuer` or self-signed. */
export async function makeCertificate(
  subject: string,
  names: readonly string[],
  issuer?: Certificate,
): Promise<Certificate> {
  const folder = await mkdtemp(join(tmpdir(), 'weft-e2e-'));
  const at = (name: string): string => join(folder, name);
  try {
    const signing = ['-CA', at('ca.crt'), '-CAkey', at('ca.key')];
    if (issuer !== undefined) {
      await writeFile(at('ca.crt'), issuer.cert);
      await writeFile(at('ca.key'), issuer.key, { mode: 0o600 });
    }
    const extensions = [
      ...(names.length === 0 ? [] : [`subjectAltName=${names.join(',')}`]),
      'basicConstraints=critical,CA:FALSE',
      'keyUsage=critical,digitalSignature',
      'extendedKeyUsage=clientAuth,serverAuth',
    ];
    await run('openssl', [
      ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'],
      ...['-subj', subject, '-days', '1', '-keyout', at('key'), '-out', at('crt')],
      ...extensions.flatMap((extension) => ['-addext', extension]),
      ...(issuer === undefined ? [] : signing),
    ]);
    return { cert: await readFile(at('crt'), 'utf8'), key: await readFile(at('key'), 'utf8') };
  } finally {
    await rm(folder, { recursive: true });
  }
}
