import { controlPlaneName } from '../api/control-plane-names.ts';
import type { Pod } from '../api/core.ts';
import type { AdmissionServer } from '../admission/server.ts';
import { emptySnapshot } from '../cluster/snapshot.ts';
import { decodeAsk, encodeAnswer } from '../certificates/sharing/leaf-ask.ts';
import { systemClock as clock } from '../common/clock.ts';
import { createEventRecorder } from '../kubernetes/events.ts';
import { identityKey } from '../policy/identity.ts';
import { followEvidence } from '../xds/server/evidence-client.ts';
import { createXdsServer, type XdsServer } from '../xds/server/xds-server.ts';
import type { Ground } from './ground.ts';
import { makeKeepers, type Keepers } from './keepers.ts';
import { fetchPublishedKeys } from './jwks.ts';
import { PeerEvidence } from './peer-evidence.ts';
import { Pipeline } from './pipeline.ts';
import { policyEvents } from './policy-events.ts';
import { policyStatuses } from './policy-statuses.ts';
import {
  certificateGauges,
  createMetrics,
  proxyGauges,
  type ControlPlaneMetrics,
} from './prometheus.ts';
import { proxyTokens } from './proxy-token.ts';
import { channelTo, otherReplicas } from './replicas.ts';
import type { Issuing } from './roots/issuing.ts';
import { reportNow } from './roots/report-now.ts';
import { makeRootParts, type RootParts } from './roots/root-parts.ts';
import { createWorkloadSecrets } from './roots/workload-secrets.ts';
import { Settle } from './settle.ts';
import { StatusWriter } from './status-writer.ts';
import { createWebhooks } from './webhooks.ts';

/** Everything a replica is made of. wiring.ts says what sets what in motion. */
export interface Parts extends Ground, Keepers, RootParts {
  readonly metrics: ControlPlaneMetrics;
  readonly xds: XdsServer;
  readonly pipeline: Pipeline;
  readonly settle: Settle;
  readonly peers: PeerEvidence;
  readonly statuses: StatusWriter;
  readonly events: ReturnType<typeof createEventRecorder>;
  readonly webhooks: AdmissionServer;
}

function makeXds(ground: Ground, issuing: Issuing, metrics: ControlPlaneMetrics): XdsServer {
  const { client, logger, options, sources } = ground;
  const log = logger.with({ part: 'xds' });
  return createXdsServer({
    clock,
    logger: log,
    metrics: metrics.xds,
    replicas: identityKey({ namespace: options.namespace, serviceAccount: controlPlaneName }),
    answer: async (ask, signal) =>
      encodeAnswer(await issuing.shared.answer(decodeAsk(ask), signal)),
    authenticate: proxyTokens({
      clock,
      logger: log,
      fetchKeys: (signal) => fetchPublishedKeys((path, s) => client.read(path, s), signal),
      findPod: (namespace, name) =>
        sources.cluster.Pod.objects.get(`${namespace}/${name}`) as Pod | undefined,
    }),
    credentials: {
      current: () => {
        const identity = issuing.server.current();
        if (identity === undefined) throw new Error('no serving certificate yet');
        return { certificate: identity.certChainPem, key: identity.keyPem };
      },
      onChange: (changed) => issuing.server.onChange(changed),
    },
  });
}

function makePeers(ground: Ground, issuing: Issuing, xds: XdsServer): PeerEvidence {
  const { options, sources, logger } = ground;
  const trust = (): string => issuing.issuers.bundle()?.pem ?? '';
  const life = { clock, logger: logger.with({ part: 'peers' }) };
  return new PeerEvidence({
    pods: sources.cluster.Pod,
    others: () => otherReplicas(sources.cluster.Pod.objects, options),
    own: () => xds.evidence(),
    follow: (ip, changed, signal) =>
      followEvidence({ ...channelTo(ip, options, trust), ...life }, changed, signal),
  });
}

function makeWebhooks(
  ground: Ground,
  issuing: Issuing,
  metrics: ControlPlaneMetrics,
): AdmissionServer {
  const { options, membership, sources, spec, logger } = ground;
  return createWebhooks({
    port: options.ports.webhook,
    meshName: membership.meshName,
    namespace: options.namespace,
    images: options.images,
    spec,
    namespaces: sources.cluster.Namespace,
    certificate: issuing.server,
    metrics,
    logger,
  });
}

function makeStatuses(
  { client, logger, options, sources }: Ground,
  pipeline: Pipeline,
  peers: PeerEvidence,
): Pick<Parts, 'events' | 'statuses'> {
  const events = createEventRecorder({
    client,
    clock,
    log: logger,
    controller: 'weft.dev/control-plane',
    instance: options.podName,
  });
  const statuses = new StatusWriter({
    client,
    clock,
    logger: logger.with({ part: 'status' }),
    wanted: () => {
      const { compiled } = pipeline;
      return compiled === undefined ? [] : policyStatuses(sources, compiled, peers.joined());
    },
    onWritten: (wanted) => {
      const before = wanted.object.status?.conditions ?? [];
      for (const occurrence of policyEvents(wanted, before)) events.record(occurrence);
    },
  });
  return { events, statuses };
}

/** Makes every part of a replica, in the order of the data. Nothing runs yet. */
export function makeParts(ground: Ground): Parts {
  const { logger, membership, settings } = ground;
  const roots = makeRootParts(ground, () => keepers.certificates.trigger());
  const { issuing } = roots;
  const metrics = createMetrics(ground.options.version, [
    ...proxyGauges(() => xds.evidence()),
    ...certificateGauges(issuing.leaves, issuing.issuers.workloads),
  ]);
  const xds: XdsServer = makeXds(ground, issuing, metrics);
  const pipeline = new Pipeline({
    start: emptySnapshot(membership),
    settings,
    secrets: createWorkloadSecrets(issuing.leaves, issuing.issuers),
    publish: (setOf) => {
      xds.publish(setOf, issuing.issuers.plan?.step ?? 0);
    },
    onCompiled: () => {
      statuses.trigger();
    },
  });
  const failed = (error: unknown): void => logger.error('compile failed', { error });
  const settle = new Settle(() => pipeline.run(), clock, failed);
  const peers = makePeers(ground, issuing, xds);
  const { events, statuses } = makeStatuses(ground, pipeline, peers);
  const keepers = makeKeepers({
    ground,
    issuing,
    peers,
    report: () => reportNow({ ground, roots, peers, bootstraps: keepers.bootstraps }),
  });
  const webhooks = makeWebhooks(ground, issuing, metrics);
  return {
    ...ground,
    ...keepers,
    ...roots,
    events,
    metrics,
    xds,
    pipeline,
    settle,
    peers,
    statuses,
    webhooks,
  };
}
