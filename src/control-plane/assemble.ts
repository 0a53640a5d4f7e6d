import { controlPlaneName } from '../api/control-plane-names.ts';
import type { MeshConfig } from '../api/gen/mesh-config.ts';
import { kinds } from '../api/kinds.ts';
import { systemClock as clock } from '../common/clock.ts';
import { type Component, component } from '../common/component.ts';
import { createHealthServer, type Check } from '../connections/health-server.ts';
import type { Logger } from '../common/logger.ts';
import { createMetricsServer } from '../connections/metrics-server.ts';
import { connect, type ApiConnection } from '../kubernetes/connect.ts';
import { runAsLeader } from '../kubernetes/lease.ts';
import { metricsAccess } from '../kubernetes/metrics-access.ts';
import { runAll, watchEventLoop } from './components.ts';
import { layGround } from './ground.ts';
import { followLogLevel } from './log-level.ts';
import { type ControlPlaneOptions } from './options.ts';
import { makeParts, type Parts } from './parts.ts';
import { servingCertificate } from './serving-certificate.ts';
import { followPlan, forgetIdleLeaves, wire } from './wiring.ts';

const longestLagMs = 10_000;
const forgetEveryMs = 60_000;
const specPollMs = 200;

/** How far a replica has come since it started. */
interface Progress {
  synced: boolean;
  xds: boolean;
  webhooks: boolean;
}

/** The mesh's name never changes; there is no mesh before its MeshConfig. */
async function awaitMeshName(
  client: ApiConnection,
  { options, logger }: { options: ControlPlaneOptions; logger: Logger },
  signal: AbortSignal,
): Promise<string> {
  const ref = { kind: kinds.meshConfig, namespace: options.namespace, name: options.meshConfig };
  for (;;) {
    try {
      const found = await client.get<MeshConfig>(ref, signal);
      if (found !== undefined) return found.spec.meshName ?? 'osm';
      logger.warn('waiting for the mesh config', { namespace: ref.namespace, name: ref.name });
    } catch (error) {
      signal.throwIfAborted();
      logger.warn('cannot read the mesh config', { error });
    }
    await clock.sleep(1000, signal);
  }
}

/** Compiles for the first time once every reflector has its complete first list: never from half a cluster. */
function compiler(parts: Parts, progress: Progress): Component {
  return component('compiler', async (signal) => {
    const { cluster, accounts, meshConfigs, rootRecords } = parts.sources;
    const stop = wire(parts, () => progress.synced);
    const stores = [...Object.values(cluster), accounts, meshConfigs, rootRecords];
    await Promise.all(stores.map((store) => store.whenSynced(signal))).catch(() => undefined);
    followPlan(parts);
    // Without a valid MeshConfig spec the control plane serves nothing: proxies keep what they have.
    while (!signal.aborted && parts.spec() === undefined) {
      await clock.sleep(specPollMs, signal).catch(() => undefined);
    }
    if (!signal.aborted) {
      progress.synced = true;
      parts.settle.trigger();
    }
    while (!signal.aborted) {
      await clock.sleep(forgetEveryMs, signal).catch(() => undefined);
      forgetIdleLeaves(parts);
      // What the replica reports of its own certificate depends on the time.
      parts.xds.touch();
    }
    stop();
  });
}

/** Serves xDS once there is a certificate and a compiled mesh: no proxy may get half of its configuration. */
function xdsServer(parts: Parts, progress: Progress): Component {
  return component('xds', async (signal) => {
    await parts.issuing.server.ready(signal);
    while (parts.pipeline.compiled === undefined) await clock.sleep(20, signal);
    const { ports } = parts.options;
    const [proxies, replicas] = await Promise.all([
      parts.xds.listen(`0.0.0.0:${ports.xds}`, signal),
      parts.xds.listenToReplicas(`0.0.0.0:${ports.replicas}`, signal),
    ]);
    progress.xds = true;
    parts.logger.info('xds server listens', { port: proxies.port, replicas: replicas.port });
    await Promise.all([proxies.closed, replicas.closed]);
  });
}

function webhookServer(parts: Parts, progress: Progress): Component {
  return component('webhooks', async (signal) => {
    await parts.issuing.server.ready(signal);
    while (!progress.synced) await clock.sleep(20, signal);
    void parts.webhooks.listening.then(
      () => (progress.webhooks = true),
      () => undefined,
    );
    await parts.webhooks.run(signal);
  });
}

function metricsServer(parts: Parts): Component {
  const { issuing, metrics, client, options } = parts;
  const logger = parts.logger.with({ part: 'metrics' });
  return component('metrics', async (signal) => {
    await issuing.server.ready(signal);
    const server = createMetricsServer({
      port: options.ports.metrics,
      certificate: servingCertificate(issuing.server),
      access: metricsAccess(client, clock, logger),
      metrics: metrics.text,
      logger,
    });
    await server.run(signal);
  });
}

function leader(parts: Parts): Component {
  const { client, logger, options, peers, statuses, events, objectEvents } = parts;
  const { bootstraps, trust, proxies, certificates, prober, gateway } = parts;
  const writing = component('events', (signal) => events.run(signal));
  const keeping = [bootstraps, trust, proxies, certificates, gateway];
  const work = [peers, statuses, objectEvents, ...keeping, prober, writing];
  const log = logger.with({ part: 'leader' });
  return component('leader', (signal) =>
    runAsLeader(
      {
        client,
        clock,
        random: Math.random,
        log,
        namespace: options.namespace,
        name: controlPlaneName,
        identity: options.podName,
      },
      (leading) => runAll(work, log, leading),
      signal,
    ),
  );
}

function readyChecks(parts: Parts, progress: Progress): readonly Check[] {
  const unless = (ok: boolean, problem: string): string | undefined => (ok ? undefined : problem);
  return [
    {
      name: 'watches',
      problem: () =>
        unless(progress.synced, 'first lists are not complete, or no valid MeshConfig'),
    },
    {
      name: 'certificates',
      problem: () =>
        unless(parts.issuing.server.current() !== undefined, 'no serving certificate yet'),
    },
    { name: 'xds', problem: () => unless(progress.xds, 'not listening yet') },
    { name: 'webhooks', problem: () => unless(progress.webhooks, 'not listening yet') },
  ];
}

/** Runs one replica of the control plane until the signal aborts. The list below is all there is. */
export async function runControlPlane(
  options: ControlPlaneOptions,
  logger: Logger,
  signal: AbortSignal,
): Promise<void> {
  const client = await connect(
    options.kubeconfig === undefined ? {} : { kubeconfig: options.kubeconfig },
  );
  const progress: Progress = { synced: false, xds: false, webhooks: false };
  const loop = watchEventLoop(clock);
  const lagging = (): string | undefined =>
    loop.lagMs() > longestLagMs
      ? `the event loop is ${Math.round(loop.lagMs())} ms late`
      : undefined;
  try {
    const meshName = await awaitMeshName(client, { options, logger }, signal);
    const ground = layGround(options, { logger, client, meshName });
    followLogLevel(ground);
    const parts = makeParts(ground);
    const health = createHealthServer({
      port: options.ports.health,
      live: [{ name: 'event-loop', problem: lagging }],
      ready: readyChecks(parts, progress),
    });
    const metrics = metricsServer(parts);
    const components: readonly Component[] = [
      loop,
      health,
      ...parts.sources.components,
      ...parts.issuing.components,
      compiler(parts, progress),
      xdsServer(parts, progress),
      webhookServer(parts, progress),
      metrics,
      leader(parts),
    ];
    logger.info('control plane starts', { mesh: meshName, version: options.version });
    await runAll(components, logger, signal);
  } finally {
    await client.close();
  }
}
