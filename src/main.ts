import { readFileSync } from 'node:fs';
import { Command, Option } from 'commander';
import { vaultAddressesIn } from './api/vault-addresses.ts';
import { certificateCommand } from './cli/commands/certificate.ts';
import type { LogLevel } from './common/logger.ts';
import { version } from './version.ts';

interface ControlPlaneFlags {
  readonly kubeconfig?: string;
  readonly namespace: string;
  readonly meshConfig: string;
  readonly envoyImage: string;
  readonly initImage: string;
  readonly clusterDomain?: string;
  readonly xdsPort: string;
  readonly replicaPort: string;
  readonly webhookPort: string;
  readonly healthPort: string;
  readonly metricsPort: string;
  readonly tokenFile: string;
  readonly vaultAddresses: string;
  readonly logLevel: LogLevel;
}

/** A signal that aborts on SIGTERM or SIGINT. The second one ends the process at once. */
function stopSignal(): AbortSignal {
  const stop = new AbortController();
  for (const name of ['SIGTERM', 'SIGINT'] as const) {
    process.on(name, () => {
      if (stop.signal.aborted) process.exit(1);
      stop.abort(new Error(`stopped by ${name}`));
    });
  }
  return stop.signal;
}

function readOr(path: string, otherwise: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return otherwise;
  }
}

// Each role is loaded when it is asked for: a command for people is to answer at once.

async function controlPlane(flags: ControlPlaneFlags): Promise<void> {
  const [{ createJsonLogger }, { runControlPlane }, { clusterDomainIn }] = await Promise.all([
    import('./json-logger.ts'),
    import('./control-plane/run.ts'),
    import('./control-plane/mesh-settings.ts'),
  ]);
  const { env } = process;
  const logger = createJsonLogger(flags.logLevel, { process: 'control-plane' });
  const podIps = env['POD_IPS'] ?? env['POD_IP'] ?? '127.0.0.1';
  await runControlPlane(
    {
      version,
      kubeconfig: flags.kubeconfig,
      namespace: flags.namespace,
      meshConfig: flags.meshConfig,
      images: { envoy: flags.envoyImage, init: flags.initImage },
      podName: env['POD_NAME'] ?? `local-${process.pid}`,
      podIps: podIps.split(','),
      clusterDomain: flags.clusterDomain ?? clusterDomainIn(readOr('/etc/resolv.conf', '')),
      ports: {
        xds: Number(flags.xdsPort),
        replicas: Number(flags.replicaPort),
        webhook: Number(flags.webhookPort),
        health: Number(flags.healthPort),
        metrics: Number(flags.metricsPort),
      },
      tokenFile: flags.tokenFile,
      setLogLevel: (level) => {
        logger.setLevel(level);
      },
      vaultAddresses: vaultAddressesIn(flags.vaultAddresses),
    },
    logger,
    stopSignal(),
  );
}

interface OperatorFlags {
  readonly kubeconfig?: string;
  readonly namespace: string;
  readonly image?: string;
  readonly envoyImage?: string;
  readonly initImage?: string;
  readonly healthPort: string;
  readonly metricsPort: string;
  readonly vaultAddresses: string;
  readonly logLevel: LogLevel;
}

async function operator(flags: OperatorFlags): Promise<void> {
  const [{ operatorMetrics }, { createJsonLogger }, { systemClock }] = await Promise.all([
    import('./operator-metrics.ts'),
    import('./json-logger.ts'),
    import('./common/clock.ts'),
  ]);
  const [{ createHealthServer }, { connect }, { createOperator }] = await Promise.all([
    import('./connections/health-server.ts'),
    import('./kubernetes/connect.ts'),
    import('./operator/operator.ts'),
  ]);
  const logger = createJsonLogger(flags.logLevel, { process: 'operator' });
  const client = await connect(
    flags.kubeconfig === undefined ? {} : { kubeconfig: flags.kubeconfig },
  );
  const running = createOperator({
    client,
    namespace: flags.namespace,
    identity: process.env['POD_NAME'] ?? `local-${process.pid}`,
    version,
    images: {
      ...(flags.image !== undefined && { controlPlane: flags.image }),
      ...(flags.envoyImage !== undefined && { envoy: flags.envoyImage }),
      ...(flags.initImage !== undefined && { init: flags.initImage }),
    },
    vaultAddresses: vaultAddressesIn(flags.vaultAddresses),
    logger,
    clock: systemClock,
  });
  const metrics = await operatorMetrics({ port: Number(flags.metricsPort), client, logger });
  const health = createHealthServer({
    port: Number(flags.healthPort),
    live: [],
    ready: [{ name: 'operator', problem: () => running.problem() }],
  });
  const signal = stopSignal();
  try {
    await Promise.all([health.run(signal), metrics.run(signal), running.run(signal)]);
  } finally {
    await client.close();
  }
}

const help = `
Examples:
  weft certificate status           how the certificates of the mesh are
  weft certificate status --watch   follow a switch from one root to another
  weft certificate status --help    all options, exit codes, more examples`;

const logLevel = new Option('--log-level <level>', 'how much to log')
  .choices(['error', 'warn', 'info', 'debug', 'trace'])
  .default('info');
const vaultAddresses = new Option(
  '--vault-addresses <list>',
  'where Vault may be, as https://host:port, separated by commas; empty: anywhere',
).default('');
const ofInstall = 'that of PodTemplate weft-images';
const program = new Command('weft')
  .description('A service mesh for Kubernetes')
  .version(version)
  .addCommand(certificateCommand(stopSignal))
  .addHelpText('after', help)
  .helpCommand(false);

program
  .command('control-plane')
  .description('serve xDS, the webhooks and certificates of one mesh')
  .requiredOption('--namespace <name>', 'namespace of the MeshConfig and of this process')
  .option('--mesh-config <name>', 'name of the MeshConfig', 'osm-mesh-config')
  .option('--kubeconfig <file>', 'how to reach the cluster, when not running in it')
  .option('--envoy-image <image>', 'image of the sidecars', 'envoyproxy/envoy:v1.40.0')
  .option('--init-image <image>', 'image of the init container', `weft.dev/weft-init:${version}`)
  .option('--cluster-domain <domain>', 'DNS suffix of the cluster (default: from resolv.conf)')
  .option('--xds-port <port>', 'port of the xDS server', '15128')
  .option('--replica-port <port>', 'port for the other replicas of the control plane', '15129')
  .option('--webhook-port <port>', 'port of the webhooks', '9443')
  .option('--health-port <port>', 'port of /livez and /readyz', '9091')
  .option('--metrics-port <port>', 'port of /metrics, over TLS', '9093')
  .option(
    '--token-file <file>',
    "this pod's own token for the audience of the mesh",
    '/var/run/secrets/weft.dev/token/token',
  )
  .addOption(vaultAddresses)
  .addOption(logLevel)
  .action((flags: ControlPlaneFlags) => controlPlane(flags));

program
  .command('operator')
  .description('deploy and keep the mesh that a MeshConfig describes')
  .requiredOption('--namespace <name>', 'namespace of the operator and of the MeshConfig')
  .option('--kubeconfig <file>', 'how to reach the cluster, when not running in it')
  .option('--image <image>', `image of the control plane (default: ${ofInstall})`)
  .option('--envoy-image <image>', `image of the sidecars (default: ${ofInstall})`)
  .option('--init-image <image>', `image of the init container (default: ${ofInstall})`)
  .option('--health-port <port>', 'port of /livez and /readyz', '9091')
  .option('--metrics-port <port>', 'port of /metrics, over TLS', '9093')
  .addOption(vaultAddresses)
  .addOption(logLevel)
  .action((flags: OperatorFlags) => operator(flags));

program.parseAsync().then(
  () => process.exit(),
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(1);
  },
);
