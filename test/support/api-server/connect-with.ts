import { readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ApiConnection, connect } from '../../../src/kubernetes/connect.ts';
import type { ApiServer } from '../../../tools/real/api-server.ts';

/** A connection with the identity of `token`, such as a ServiceAccount. */
export async function connectWith(
  { url: server, caFile }: Pick<ApiServer, 'url' | 'caFile'>,
  token: string,
): Promise<ApiConnection> {
  const ca = await readFile(caFile);
  const file = join(
    tmpdir(),
    `weft-token-${String(process.pid)}-${String(performance.now())}.json`,
  );
  const config = {
    clusters: [
      { name: 'one', cluster: { server, 'certificate-authority-data': ca.toString('base64') } },
    ],
    users: [{ name: 'one', user: { token } }],
    contexts: [{ name: 'one', context: { cluster: 'one', user: 'one' } }],
    'current-context': 'one',
  };
  await writeFile(file, JSON.stringify(config), { mode: 0o600 });
  try {
    const api = await connect({ kubeconfig: file });
    // It is read at the first call.
    await api.read('/version', AbortSignal.timeout(10_000));
    return api;
  } finally {
    await rm(file);
  }
}
