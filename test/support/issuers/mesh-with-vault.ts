import { connect, type ApiConnection } from '../../../src/kubernetes/connect.ts';
import type { IssuerWishes } from './start-issuer.ts';
import { makeMeshPki, type MeshPki } from './mesh-pki.ts';
import { startOpenBao, type OpenBao } from '../../../tools/real/openbao.ts';
import { sharedApiServer } from '../api-server/shared-api-server.ts';
import { recordLog } from './log-record.ts';

/** An OpenBao of its own, with an engine for one mesh, which is on the shared API server. */
export interface VaultRig {
  readonly bao: OpenBao;
  readonly api: ApiConnection;
  readonly mesh: MeshPki;
  /** For issuers of that mesh, which write to `log`. */
  readonly wishes: IssuerWishes;
  readonly log: readonly string[];
  /** Stops it; throws if a key, token or request is in the log. */
  readonly stop: () => Promise<void>;
}

/** Looks like a key, a token of OpenBao's or of a service account, or a request. */
export const secretInLog = /PRIVATE KEY|BEGIN|s\.[A-Za-z0-9]{20}|eyJ/;

/** Starts it (about a second); `name` is the mesh's namespace, and its engine is at `mesh/NAME`. */
export async function startVaultRig(name: string): Promise<VaultRig> {
  const bao = await startOpenBao();
  const api = await connect({ kubeconfig: sharedApiServer().kubeconfigPath });
  const mesh = await makeMeshPki(bao, api, name);
  const { logger, lines } = recordLog();
  return {
    ...{ bao, api, mesh, log: lines },
    wishes: { namespace: mesh.namespace, logger },
    stop: async () => {
      await api.close();
      await bao.stop();
      const leaks = lines.filter((line) => secretInLog.test(line));
      if (leaks.length > 0) throw new Error(`a secret in ${leaks.length} lines of the log`);
    },
  };
}
