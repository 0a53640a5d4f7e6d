import { Command, Option } from 'commander';
import type { ShowOptions } from '../show-certificates.ts';

interface Flags {
  readonly namespace: string;
  readonly output: ShowOptions['form'];
  readonly watch: boolean;
  readonly kubeconfig?: string;
  readonly context?: string;
}

const help = `
Exit codes:
  0  healthy, or switching as expected
  1  unknown: no cluster, no right, no MeshConfig, no status yet, or no report
  2  held or failing: the output says what to do

Examples:
  weft certificate status                     the certificates now
  weft certificate status --watch             follow a switch; Ctrl-C ends it
  weft certificate status -o json | jq .root  for scripts
  weft certificate status -n mesh --context production

The command only reads from the API server. Required rights: config/samples/cli-reader-role.yaml.`;

/** How long one call to the API server may take, in milliseconds. */
const limitMs = 10_000;

/** `weft certificate status`. `untilStopped` gives the signal that ends --watch. */
export function certificateStatusCommand(untilStopped: () => AbortSignal): Command {
  return new Command('status')
    .description('show the signing root, the trusted roots and the progress of a switch')
    .option('-n, --namespace <name>', 'namespace of the MeshConfig', 'weft-system')
    .addOption(
      new Option('-o, --output <form>', 'output format')
        .choices(['table', 'json'])
        .default('table'),
    )
    .option('-w, --watch', 'print the status again after each change', false)
    .option('--kubeconfig <file>', 'kubeconfig to use (default: KUBECONFIG, or ~/.kube/config)')
    .option('--context <name>', 'context of the kubeconfig (default: its current one)')
    .addHelpText('after', help)
    .action(async (flags: Flags) => {
      const signal = flags.watch ? untilStopped() : new AbortController().signal;
      process.exitCode = await run(flags, signal);
    });
}

/** Loads the modules that call the cluster only when the command runs. */
async function run(flags: Flags, signal: AbortSignal): Promise<number> {
  const [{ connect }, { readCertificates }, { showCertificates }, out, failure, time] =
    await Promise.all([
      import('../../kubernetes/connect.ts'),
      import('../certificate-source.ts'),
      import('../show-certificates.ts'),
      import('../output.ts'),
      import('../failure.ts'),
      import('../../common/clock.ts'),
    ]);
  const { namespace, output: form, watch, kubeconfig, context } = flags;
  const output = out.processOutput();
  const found = { ...(kubeconfig && { kubeconfig }), ...(context && { context }) };
  const api = await connect({ ...found, verified: true, limitMs }).catch((error: unknown) => {
    output.complain(failure.describeConnectionFailure(error));
  });
  if (api === undefined) return 1;
  const read = (inner: AbortSignal): ReturnType<typeof readCertificates> =>
    readCertificates({ api, namespace }, inner);
  try {
    const options = { read, form, watch, output, clock: time.systemClock };
    return await showCertificates(options, signal);
  } finally {
    await api.close();
  }
}
