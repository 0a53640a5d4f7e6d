import { controlPlaneName } from '../api/control-plane-names.ts';
import type { Pod } from '../api/core.ts';
import type { AdmissionServer } from '../admission/server.ts';
import { emptySnapshot } from '../cluster/snapshot.ts';
import type { MeshTrust } from '../certificates/plan/mesh-trust.ts';
import { decodeAsk, encodeAnswer } from '../certificates/sharing/leaf-ask.ts';
import { systemClock as clock } from '../common/clock.ts';
import { pacedLogger } from '../common/paced-logger.ts';
import { createEventRecorder } from '../kubernetes/events.ts';
import { askToClose } from '../xds/replicas/close-service.ts';
import { identityKey } from '../policy/identity.ts';
import { followEvidence } from '../xds/replicas/evidence-client.ts';
import { createXdsServer, type XdsServer } from '../xds/server/xds-server.ts';
import { CertificateDoubts, RefusedClients } from './certificate-doubts.ts';
import { factsNow } from './facts-now.ts';
import type { Ground } from './ground.ts';
import { makeKeepers, type Keepers } from './keepers.ts';
import { fetchPublishedKeys } from '../authentication/jwks.ts';
import { PeerEvidence } from './peer-evidence.ts';
import { Pipeline } from './pipeline.ts';
import { policyEvents } from '../status/policy-events.ts';
import { policyStatuses } from '../status/policy-statuses.ts';
import {
  certificateGauges,
  createMetrics,
  proxyGauges,
  type ControlPlaneMetrics,
} from './prometheus.ts';
import { proxyTokens } from '../authentication/proxy-token.ts';
import { makeObjectEvents } from './make-object-events.ts';
import type { ObjectEvents } from '../status/object-events.ts';
import { PodLedger } from '../pods/ledger.ts';
import { Survey } from './survey.ts';
import { switchStanding } from '../pods/switch-standing.ts';
import { setAsideIn } from './set-aside-in.ts';
import { channelTo, isLeaving, otherReplicas } from './replicas.ts';
import { encodeFacts } from './replica-facts.ts';
import type { Issuing } from '../certificates/plan/issuing.ts';
import { reportNow } from './report-now.ts';
import { makeRootParts, type RootParts } from './root-parts.ts';
import { createWorkloadSecrets } from './workload-secrets.ts';
import { Settle } from './settle.ts';
import { shownDiagnostics } from './shown-diagnostics.ts';
import { StatusWriter } from '../status/status-writer.ts';
import { createWebhooks } from './webhooks.ts';

/** Everything a replica is made of. wiring.ts says which event triggers which part. */
export interface Parts extends Ground, Keepers, RootParts {
  readonly metrics: ControlPlaneMetrics;
  readonly xds: XdsServer;
  readonly pipeline: Pipeline;
  readonly settle: Settle;
  readonly peers: PeerEvidence;
  readonly ledger: PodLedger;
  readonly statuses: StatusWriter;
  /** Writes Events about what is wrong with objects on which Weft writes no status. */
  readonly objectEvents: ObjectEvents;
  readonly events: ReturnType<typeof createEventRecorder>;
  readonly webhooks: AdmissionServer;
}

function makeXds(ground: Ground, issuing: Issuing, metrics: ControlPlaneMetrics): XdsServer {
  const { client, logger, options, sources } = ground;
  const log = logger.with({ part: 'xds' });
  const leftOut = (count: number): void => metrics.xds.linesLeftOut(count);
  const refused = new RefusedClients(clock);
  const doubts = new CertificateDoubts();
  const xds: XdsServer = createXdsServer({
    clock,
    logger: log,
    metrics: metrics.xds,
    replicas: identityKey({ namespace: options.namespace, serviceAccount: controlPlaneName }),
    facts: () => encodeFacts(factsNow(ground, issuing, { refused, doubts })),
    onRefused: (handshake) => {
      refused.note(handshake);
      xds.touch();
    },
    answer: async (ask, signal) =>
      encodeAnswer(await issuing.shared.answer(decodeAsk(ask), signal)),
    authenticate: proxyTokens({
      clock,
      logger: pacedLogger(log, { leftOut }),
      fetchKeys: (signal) => fetchPublishedKeys((path, s) => client.read(path, s), signal),
      findPod: (namespace, name) =>
        sources.cluster.Pod.objects.get(`${namespace}/${name}`) as Pod | undefined,
      findAccount: (namespace, name) => sources.accounts.objects.get(`${namespace}/${name}`),
    }),
    standingOf: (proxy) => switchStanding(proxy, sources.cluster.Pod, setAsideIn(ground)),
    maxProxies: () => ground.spec()?.sidecar?.maxDataPlaneConnections ?? 0,
    credentials: {
      current: () => {
        const identity = issuing.server.current();
        if (identity === undefined) throw new Error('no serving certificate yet');
        return { certificate: identity.certChainPem, key: identity.keyPem };
      },
      onChange: (changed) => issuing.server.onChange(changed),
    },
  });
  return xds;
}

function makeLedger({ sources, membership }: Ground): PodLedger {
  return new PodLedger({
    pods: sources.cluster.Pod,
    namespaces: sources.cluster.Namespace,
    bootstraps: sources.bootstraps,
    membership,
    clock,
  });
}

function makePeers(ground: Ground, issuing: Issuing, xds: XdsServer): PeerEvidence {
  const { options, sources, logger } = ground;
  const life = { clock, logger: logger.with({ part: 'peers' }) };
  const trust = (): MeshTrust | undefined => issuing.issuers.trust();
  return new PeerEvidence({
    pods: sources.cluster.Pod,
    clock,
    others: () => otherReplicas(sources.cluster.Pod.objects, options),
    isLeaving: (name) => isLeaving(sources.cluster.Pod.objects, name),
    own: () => xds.evidence(),
    follow: (ip, changed, signal) =>
      followEvidence({ ...channelTo(ip, options, trust), ...life }, changed, signal),
    closeOwn: (stream) => xds.closeOutdated(stream),
    closeAt: (ip, streams) => askToClose({ ...channelTo(ip, options, trust), ...life }, streams),
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
  survey: Survey,
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
      if (compiled === undefined) return [];
      const evidence = survey.policies();
      return evidence && policyStatuses(sources.cluster, compiled, evidence);
    },
    onWritten: (wanted) => {
      const before = wanted.object.status?.conditions ?? [];
      for (const occurrence of policyEvents(wanted, before)) events.record(occurrence);
    },
  });
  return { events, statuses };
}

function makeSurvey(
  { sources }: Ground,
  pipeline: Pipeline,
  { ledger, peers }: { readonly ledger: PodLedger; readonly peers: PeerEvidence },
): Survey {
  return new Survey({
    ledger,
    joined: () => peers.joined(),
    wouldOffer: (uid) => pipeline.wouldOffer(uid),
    diagnostics: () =>
      pipeline.compiled && [...pipeline.compiled.diagnostics, ...sources.crowded()],
  });
}

/** Makes every part of a replica, in the order of the data. Nothing runs yet. */
export function makeParts(ground: Ground): Parts {
  const { logger, membership, settings } = ground;
  const roots = makeRootParts(ground, () => keepers.certificates.trigger());
  const { issuing } = roots;
  const gauges = [
    ...proxyGauges(() => xds.evidence()),
    ...certificateGauges(issuing.leaves, issuing.issuers.workloads),
  ];
  const shown = shownDiagnostics(() => pipeline.compiled, ground.sources.crowded);
  const metrics = createMetrics(ground.options.version, gauges, shown);
  const xds: XdsServer = makeXds(ground, issuing, metrics);
  const pipeline = new Pipeline({
    start: emptySnapshot(membership),
    settings,
    secrets: createWorkloadSecrets(issuing.leaves, issuing.issuers),
    publish: (setOf) => {
      xds.publish(setOf, issuing.issuers.plan?.step ?? 0);
    },
    onCompiled: (_, seconds) => {
      metrics.compiled(seconds);
      statuses.trigger();
      objectEvents.trigger();
      keepers.proxies.trigger();
    },
    now: () => clock.now(),
    runLater: (ms) => settle.triggerIn(ms),
  });
  const failed = (error: unknown): void => logger.error('compile failed', { error });
  const settle = new Settle(() => pipeline.run(), clock, failed);
  const peers = makePeers(ground, issuing, xds);
  const ledger = makeLedger(ground);
  const survey = makeSurvey(ground, pipeline, { ledger, peers });
  const objectEvents = makeObjectEvents(ground, () => pipeline);
  const { events, statuses } = makeStatuses(ground, pipeline, survey);
  const keepers = makeKeepers({
    ground,
    issuing,
    survey,
    report: () => reportNow({ ground, roots, peers, bootstraps: keepers.bootstraps }),
  });
  const webhooks = makeWebhooks(ground, issuing, metrics);
  return {
    ...ground,
    ...keepers,
    ...roots,
    ...{ events, metrics, xds, pipeline, settle, peers, ledger, statuses, objectEvents, webhooks },
  };
}
