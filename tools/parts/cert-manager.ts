import { join } from 'node:path';
import { run } from '../base/command.ts';
import { goProgram } from './go-program.ts';

/** The cert-manager release that Weft is tested with. */
export const certManagerVersion = '1.21.2';

const module = join(import.meta.dirname, 'cert-manager');

/** The path of cert-manager's controller, with the CA, SelfSigned and Vault issuers. */
export function certManager(): Promise<string> {
  return goProgram({
    name: 'cert-manager',
    title: `Build cert-manager ${certManagerVersion}`,
    version: certManagerVersion,
    module,
  });
}

/** The folder of that release's CustomResourceDefinitions, in the Go module cache. */
export async function certManagerCrds(): Promise<string> {
  const name = 'github.com/cert-manager/cert-manager';
  const described = await run('go', ['mod', 'download', '-json', name], {
    cwd: module,
    env: { GOFLAGS: '', GOWORK: 'off' },
  });
  const { Dir: directory } = JSON.parse(described) as { Dir: string };
  return join(directory, 'deploy', 'crds');
}
