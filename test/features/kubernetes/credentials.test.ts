import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { kinds } from '../../../src/api/kinds.ts';
import { systemClock } from '../../../src/common/clock.ts';
import { connect } from '../../../src/kubernetes/connect.ts';
import { HttpApiClient } from '../../../src/kubernetes/http-api-client.ts';
import { inClusterCredentials } from '../../../src/kubernetes/in-cluster.ts';
import { UndiciTransport } from '../../../src/kubernetes/undici-transport.ts';
import { sharedApiServer } from '../../support/api-server/shared-api-server.ts';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'weft-credentials-'));
});

afterAll(() => rm(folder, { recursive: true }));

const never = new AbortController().signal;
const namespaceDefault = { kind: kinds.namespace, name: 'default' };

it('reads the token again when the API server no longer takes it', async () => {
  const { url, caFile, adminToken } = sharedApiServer();
  await copyFile(caFile, join(folder, 'ca.crt'));
  await writeFile(join(folder, 'token'), `${adminToken}\n`);
  await writeFile(join(folder, 'namespace'), 'mesh');
  const { hostname, port } = new URL(url);
  const environment = { KUBERNETES_SERVICE_HOST: hostname, KUBERNETES_SERVICE_PORT: port };
  const credentials = await inClusterCredentials({ environment, folder, clock: systemClock });
  expect(credentials).toMatchObject({ server: url, namespace: 'mesh' });
  const transport = new UndiciTransport(credentials);
  const client = new HttpApiClient({ transport, clock: systemClock, random: Math.random });
  expect(await client.get(namespaceDefault, never)).toBeDefined();

  await writeFile(join(folder, 'token'), 'expired');
  await credentials.access(true);
  await writeFile(join(folder, 'token'), adminToken);
  // The kept token is the expired one: the call meets 401, reads the file and succeeds.
  expect(await client.get(namespaceDefault, never)).toBeDefined();
  await transport.close();
});

it('runs the exec plug-in that a kubeconfig names', async () => {
  const { url, caFile, adminToken } = sharedApiServer();
  const credential = {
    apiVersion: 'client.authentication.k8s.io/v1',
    kind: 'ExecCredential',
    status: { token: adminToken },
  };
  const kubeconfig = join(folder, 'kubeconfig');
  const exec = {
    apiVersion: 'client.authentication.k8s.io/v1',
    command: 'echo',
    args: [JSON.stringify(credential)],
    interactiveMode: 'Never',
  };
  const config = {
    clusters: [{ name: 'c', cluster: { server: `${url}/`, 'certificate-authority': caFile } }],
    users: [{ name: 'u', user: { exec } }],
    contexts: [{ name: 'x', context: { cluster: 'c', user: 'u', namespace: 'there' } }],
    'current-context': 'x',
  };
  await writeFile(kubeconfig, JSON.stringify(config));
  const client = await connect({ kubeconfig });
  expect(client.namespace).toBe('there');
  expect(await client.get(namespaceDefault, never)).toBeDefined();
  await client.close();
});

it('does not talk to a server whose certificate the CA did not sign', async () => {
  const { url, adminToken } = sharedApiServer();
  const kubeconfig = join(folder, 'distrustful');
  const config = {
    clusters: [{ name: 'c', cluster: { server: url } }],
    users: [{ name: 'u', user: { token: adminToken } }],
    contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
    'current-context': 'x',
  };
  await writeFile(kubeconfig, JSON.stringify(config));
  const client = await connect({ kubeconfig });
  await expect(
    client.create(
      kinds.namespace,
      { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'never' } },
      never,
    ),
  ).rejects.toMatchObject({
    code: 'api-unavailable',
  });
  await client.close();
});

it('says so when there is no kubeconfig', async () => {
  await expect(connect({ kubeconfig: join(folder, 'none') })).rejects.toMatchObject({
    code: 'configuration-invalid',
  });
});
