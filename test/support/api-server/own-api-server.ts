import { connect, type ApiConnection } from '../../../src/kubernetes/connect.ts';
import { startApiServer, type ApiServer } from '../../../tools/real/api-server.ts';
import { ensureNamespace } from '../issuers/start-issuer.ts';

/** An API server that no other test file sees, and a connection to it with all rights. */
export interface OwnApiServer {
  readonly server: ApiServer;
  readonly api: ApiConnection;
  readonly stop: () => Promise<void>;
}

/** Starts one (about 5 s) that has the namespace, and the control plane's ServiceAccount in it. */
export async function startOwnApiServer(namespace: string): Promise<OwnApiServer> {
  const server = await startApiServer();
  const api = await connect({ kubeconfig: server.kubeconfigPath });
  await ensureNamespace(api, namespace);
  return {
    server,
    api,
    stop: async () => {
      await api.close();
      await server.stop();
    },
  };
}
