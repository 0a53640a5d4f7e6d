import { type ApiServer, startApiServer } from './apiserver.ts';

declare global {
  var weftTestApiServer: ApiServer | undefined;
}

/** Jest's globalSetup: one API server for all feature tests, each of which makes namespaces of its own. */
export default async function setup(): Promise<void> {
  const server = await startApiServer();
  globalThis.weftTestApiServer = server;
  process.env['WEFT_TEST_KUBECONFIG'] = server.kubeconfigPath;
  process.env['WEFT_TEST_API'] = JSON.stringify(server);
}
