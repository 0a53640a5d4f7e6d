import { Command } from 'commander';
import { certificateStatusCommand } from './certificate-status.ts';

/** `weft certificate`, the group of commands on the mesh's certificates. */
export function certificateCommand(untilStopped: () => AbortSignal): Command {
  return new Command('certificate')
    .description('see how the certificates of the mesh are')
    .addCommand(certificateStatusCommand(untilStopped))
    .addHelpText('after', '\nExample:\n  weft certificate status')
    .helpCommand(false);
}
