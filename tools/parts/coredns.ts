import { join } from 'node:path';
import { goProgram } from './go-program.ts';

/** The CoreDNS release that serves the local node's DNS. */
export const corednsVersion = '1.12.4';

/** The path of CoreDNS. */
export function coredns(): Promise<string> {
  return goProgram({
    name: 'coredns',
    title: `Build CoreDNS ${corednsVersion}`,
    version: corednsVersion,
    module: join(import.meta.dirname, 'coredns'),
  });
}
