import { Agent } from 'undici';
import { baoAsk, type BaoClient } from '../real/openbao.ts';
import { openRunFolder } from '../real/run-folder.ts';
import { untilReady } from '../base/daemon.ts';
import { freePort } from '../base/probe.ts';
import type { InstallPlace } from './place.ts';

/** A client of the cluster's OpenBao on this machine. */
export interface BaoAccess extends BaoClient {
  /** PEM of the CA that signed the server's certificate. */
  readonly ca: string;
  /** Sets the token of calls that name no token. */
  readonly useToken: (token: string) => void;
  /** Closes the connection; may be called twice. */
  readonly close: () => Promise<void>;
}

/** Opens a connection to the OpenBao of a cluster. It always ends with this process. */
export async function openBaoAccess(place: InstallPlace, ca: string): Promise<BaoAccess> {
  const { binary, kubeconfig } = place.kubectl;
  const port = await freePort();
  const folder = await openRunFolder('issuers');
  const agent = new Agent({ connect: { ca } });
  const close = async (): Promise<void> => {
    await agent.destroy();
    await folder.clear();
  };
  try {
    const target = ['-n', 'openbao', 'deployment/openbao', `${String(port)}:8200`];
    const forward = [binary, '--kubeconfig', kubeconfig, 'port-forward', ...target];
    const daemon = await folder.start('port-forward', forward);
    const ask = baoAsk(`https://127.0.0.1:${String(port)}`, agent);
    const answers = (): Promise<boolean> =>
      ask('sys/health').then(
        () => true,
        () => false,
      );
    await untilReady(daemon, answers, 30_000);
    let root = '';
    return {
      ca,
      call: (path, { token = root, ...rest } = {}) => ask(path, { ...rest, token }),
      useToken: (token) => (root = token),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}
