import { certManager } from '../../../tools/parts/cert-manager.ts';
import { openbao } from '../../../tools/parts/openbao.ts';
import { type ApiServer, startApiServer } from '../../../tools/real/api-server.ts';

declare global {
  var weftTestApiServer: ApiServer | undefined;
}

/**
 * Jest's globalSetup: one API server for all feature tests, each of which makes namespaces of its
 * own. Real issuers are got beforehand, since no test should wait minutes, or beside a build.
 */
export default async function setup(): Promise<void> {
  await openbao();
  await certManager();
  const server = await startApiServer();
  globalThis.weftTestApiServer = server;
  process.env['WEFT_TEST_KUBECONFIG'] = server.kubeconfigPath;
  process.env['WEFT_TEST_API'] = JSON.stringify(server);
}
