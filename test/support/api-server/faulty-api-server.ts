import { readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ConfigMap, KubernetesObject } from '../../../src/api/core.ts';
import { kinds } from '../../../src/api/kinds.ts';
import { type ApiConnection, connect } from '../../../src/kubernetes/connect.ts';
import { FaultProxy } from './fault-proxy.ts';
import { sharedApiServer } from './shared-api-server.ts';

/** The real API server twice: straight, and through a proxy that breaks things on command. */
export interface FaultyApiRig {
  readonly direct: ApiConnection;
  readonly shaky: ApiConnection;
  readonly proxy: FaultProxy;
  readonly namespace: string;
  readonly signal: AbortSignal;
  readonly stop: () => Promise<void>;
}

export async function startFaultyApiRig(namespace: string): Promise<FaultyApiRig> {
  const { url, caFile, adminToken, kubeconfigPath } = sharedApiServer();
  const proxy = new FaultProxy({ url, ca: await readFile(caFile, 'utf8'), token: adminToken });
  await proxy.start();
  const direct = await connect({ kubeconfig: kubeconfigPath });
  const shaky = await connectTo(proxy.url);
  const over = new AbortController();
  await direct.create(kinds.namespace, makeNamespace(namespace), over.signal);
  const stop = async (): Promise<void> => {
    over.abort();
    await Promise.all([direct.close(), shaky.close()]);
    await proxy.stop();
  };
  return { direct, shaky, proxy, namespace, signal: over.signal, stop };
}

async function connectTo(server: string): Promise<ApiConnection> {
  const file = join(tmpdir(), `weft-rig-${String(process.pid)}-${String(Date.now())}.json`);
  const config = {
    clusters: [{ name: 'rig', cluster: { server, 'insecure-skip-tls-verify': true } }],
    users: [{ name: 'rig', user: { token: 'replaced-by-the-proxy' } }],
    contexts: [{ name: 'rig', context: { cluster: 'rig', user: 'rig' } }],
    'current-context': 'rig',
  };
  await writeFile(file, JSON.stringify(config), { mode: 0o600 });
  try {
    return await connect({ kubeconfig: file });
  } finally {
    await rm(file);
  }
}

function makeNamespace(name: string): KubernetesObject {
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name } };
}

export function makeConfigMap(
  namespace: string,
  name: string,
  data: Readonly<Record<string, string>> = {},
): ConfigMap {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace }, data };
}
