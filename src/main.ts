import { Command, Option } from 'commander';
import { ports } from './api/control-plane-names.ts';
import { publishedImages } from './api/published-images.ts';
import { vaultAddressesIn } from './api/vault-addresses.ts';
import { certificateCommand } from './cli/commands/certificate.ts';
import type { LogLevel } from './common/logger.ts';
import { stopSignal } from './stop-signal.ts';
import { version } from './version.ts';

interface Flags {
  readonly kubeconfig?: string;
  readonly namespace: string;
  readonly healthPort: string;
  readonly metricsPort: string;
  readonly vaultAddresses: string;
  readonly logLevel: LogLevel;
}

interface ControlPlaneFlags extends Flags {
  readonly meshConfig: string;
  readonly envoyImage: string;
  readonly initImage: string;
  readonly clusterDomain?: string;
  readonly xdsPort: string;
  readonly replicaPort: string;
  readonly webhookPort: string;
  readonly tokenFile: string;
}

interface OperatorFlags extends Flags {
  readonly image?: string;
  readonly envoyImage?: string;
  readonly initImage?: string;
}

/** The options of both kinds of process. */
function processOptions({ kubeconfig, namespace, vaultAddresses }: Flags) {
  return {
    version,
    kubeconfig,
    namespace,
    podName: process.env['POD_NAME'] ?? `local-${process.pid}`,
    vaultAddresses: vaultAddressesIn(vaultAddresses),
  };
}

// The code of a role is loaded only when the role is asked for, so that a command for people answers at once.

async function controlPlane(flags: ControlPlaneFlags): Promise<void> {
  const [{ createJsonLogger }, { runControlPlane }, { clusterDomainHere }] = await Promise.all([
    import('./json-logger.ts'),
    import('./control-plane/run.ts'),
    import('./control-plane/cluster-domain.ts'),
  ]);
  const logger = createJsonLogger(flags.logLevel, { process: 'control-plane' });
  const { POD_IPS, POD_IP = '127.0.0.1' } = process.env;
  const options = {
    ...processOptions(flags),
    meshConfig: flags.meshConfig,
    images: { envoy: flags.envoyImage, init: flags.initImage },
    podIps: (POD_IPS ?? POD_IP).split(','),
    clusterDomain: flags.clusterDomain ?? clusterDomainHere(),
    ports: {
      xds: Number(flags.xdsPort),
      replicas: Number(flags.replicaPort),
      webhook: Number(flags.webhookPort),
      health: Number(flags.healthPort),
      metrics: Number(flags.metricsPort),
    },
    tokenFile: flags.tokenFile,
    setLogLevel: (level: LogLevel | 'off') => logger.setLevel(level),
  };
  await runControlPlane(options, logger, stopSignal());
}

async function operator(flags: OperatorFlags): Promise<void> {
  const [{ createJsonLogger }, { runOperator }] = await Promise.all([
    import('./json-logger.ts'),
    import('./operator/run.ts'),
  ]);
  const { image, envoyImage, initImage } = flags;
  const options = {
    ...processOptions(flags),
    images: {
      ...(image !== undefined && { controlPlane: image }),
      ...(envoyImage !== undefined && { envoy: envoyImage }),
      ...(initImage !== undefined && { init: initImage }),
    },
    ports: { health: Number(flags.healthPort), metrics: Number(flags.metricsPort) },
  };
  await runOperator(
    options,
    createJsonLogger(flags.logLevel, { process: 'operator' }),
    stopSignal(),
  );
}

/** Adds the options of both kinds of process. */
function withProcessOptions(command: Command): Command {
  return command
    .option('--kubeconfig <file>', 'kubeconfig of the cluster, when running outside of it')
    .option('--health-port <port>', 'port of /livez and /readyz', String(ports.health))
    .option('--metrics-port <port>', 'port of /metrics, over TLS', String(ports.metrics))
    .option(
      '--vault-addresses <list>',
      'allowed addresses of Vault, as https://host:port, separated by commas; empty allows all',
      '',
    )
    .addOption(
      new Option('--log-level <level>', 'log level')
        .choices(['error', 'warn', 'info', 'debug', 'trace'])
        .default('info'),
    );
}

const examples = `
Examples:
  weft certificate status           the certificates of the mesh now
  weft certificate status --watch   follow a switch from one root to another
  weft certificate status --help    all options, exit codes, more examples`;

const ofInstall = 'that of PodTemplate weft-images';
const images = publishedImages(version);
const program = new Command('weft')
  .description('A service mesh for Kubernetes')
  .version(version)
  .addCommand(certificateCommand(stopSignal))
  .addHelpText('after', examples)
  .helpCommand(false);

withProcessOptions(program.command('control-plane'))
  .description('serve xDS, the webhooks and certificates of one mesh')
  .requiredOption('--namespace <name>', 'namespace of the MeshConfig and of this process')
  .option('--mesh-config <name>', 'name of the MeshConfig', 'osm-mesh-config')
  .option('--envoy-image <image>', 'image of the sidecars', images.envoy)
  .option('--init-image <image>', 'image of the init container', images.init)
  .option('--cluster-domain <domain>', 'DNS suffix of the cluster (default: from resolv.conf)')
  .option('--xds-port <port>', 'port of the xDS server', String(ports.xds))
  .option('--replica-port <port>', 'port for the other replicas', String(ports.replicas))
  .option('--webhook-port <port>', 'port of the webhooks', String(ports.webhook))
  .option(
    '--token-file <file>',
    "this pod's own token for the audience of the mesh",
    '/var/run/secrets/weft.dev/token/token',
  )
  .action((flags: ControlPlaneFlags) => controlPlane(flags));

withProcessOptions(program.command('operator'))
  .description('deploy and maintain the mesh that a MeshConfig describes')
  .requiredOption('--namespace <name>', 'namespace of the operator and of the MeshConfig')
  .option('--image <image>', `image of the control plane (default: ${ofInstall})`)
  .option('--envoy-image <image>', `image of the sidecars (default: ${ofInstall})`)
  .option('--init-image <image>', `image of the init container (default: ${ofInstall})`)
  .action((flags: OperatorFlags) => operator(flags));

program.parseAsync().then(
  () => process.exit(),
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(1);
  },
);
