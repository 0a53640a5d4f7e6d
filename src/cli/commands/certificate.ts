import { Command } from 'commander';
import { certificateStatusCommand } from './certificate-status.ts';

/** `weft certificate`, the group of commands on the mesh's certificates. */
export function certificateCommand(untilStopped: () => AbortSignal): Command {
  return new Command('certificate')
    .description('show the state of the mesh certificates')
    .addCommand(certificateStatusCommand(untilStopped))
    .addHelpText('after', '\nExample:\n  weft certificate status')
    .helpCommand(false);
}
