import { PlanFollower } from '../certificates/plan/plan-follower.ts';
import { type Component, component, onChangeOf } from '../common/component.ts';
import { anyOf, type Changing } from '../common/topic.ts';
import { certificateGauges, createMetrics, proxyGauges } from './prometheus.ts';
import { Compiler } from './compiler.ts';
import type { ControlPlaneContext } from './context.ts';
import { forgetIdleLeaves } from './idle-leaves.ts';
import { createReplicaIssuing, openRootsOf } from './issuing.ts';
import { followLogLevel } from './log-level.ts';
import { MeshConfigInForce } from './mesh-config-in-force.ts';
import { metricsServer } from './metrics.ts';
import { createObjectEvents } from './object-events.ts';
import { touchesOwnService } from './own-service.ts';
import { createPeerEvidence } from './peers.ts';
import { Pods } from './pods.ts';
import {
  bootstrapPublisher,
  certificatePublisher,
  meshPublisher,
  trustPublisher,
} from './publishers.ts';
import { reportNow } from './report-now.ts';
import { createGatewayController, createProber } from './root-controllers.ts';
import { shownDiagnostics } from './shown-diagnostics.ts';
import { createRecorder, createStatuses } from './statuses.ts';
import { MeshSurvey } from './mesh-survey.ts';
import { changesIn, createWatches, type Watches } from './watches.ts';
import { Webhooks } from './webhooks.ts';
import { createWorkloadSecrets } from './workload-secrets.ts';
import { Xds } from './xds.ts';

/**
 * Every part of a replica, in the order of the data: each comment says what a part reads → what it publishes, and a
 * part reads only what parts before it publish. A part with a `problem` holds readiness. Nothing runs yet
 * (docs/decisions/0130).
 */
export function assemble(context: ControlPlaneContext): readonly Component[] {
  const replica = everyReplica(context);
  return [...replica.parts, ...leader(context, replica)];
}

/** The parts of every replica, and their topics that the leader's parts read. */
type Replica = ReturnType<typeof everyReplica>;

function everyReplica(context: ControlPlaneContext) {
  const { options, logger } = context;
  const metrics = createMetrics(options.version);
  // The API server's objects → the cached, trimmed objects.
  const watches = createWatches(context);
  // The MeshConfig as it is in the cluster → the last valid spec.
  const meshConfig = new MeshConfigInForce(watches.meshConfigs, options);
  const logLevel = followLogLevel(meshConfig, options);
  // The MeshConfig and the records of roots → the certificate plan.
  const plan = new PlanFollower({ meshConfig, records: watches.rootRecords, logger });
  // The plan → the trusted roots, the leaves of workloads, the certificate of this replica's servers.
  const open = openRootsOf(context, watches);
  const issuing = createReplicaIssuing(context, { watches, meshConfig, plan, open });
  // The cluster, the MeshConfig, the leaves → the compiled mesh, and the offer to each proxy.
  const secrets = createWorkloadSecrets(issuing);
  const step = (): number => plan.value?.step ?? 0;
  const compiler = new Compiler(context, { watches, meshConfig, secrets, step, metrics });
  const { compiled: mesh, offers } = compiler;
  // The compiled mesh → identities that need no leaf any more.
  const idleLeaves = forgetIdleLeaves(issuing, mesh);
  // The offer to each proxy → xDS, and the evidence of what this replica's proxies acknowledged.
  const xds = new Xds(context, { watches, meshConfig, issuing, offers, metrics: metrics.xds });
  // The MeshConfig, the namespaces → sidecars in new pods, and refusals of policies.
  const { identity } = issuing;
  const webhooks = new Webhooks(context, { watches, meshConfig, identity, mesh, metrics });
  // Pods and namespaces → how each pod belongs to the mesh.
  const pods = new Pods(context, watches, meshConfig);
  // Everything → /metrics.
  const server = metricsServer(context, identity, metrics);
  metrics.add([...proxyGauges(xds), ...certificateGauges(issuing)]);
  metrics.countDiagnostics(shownDiagnostics(mesh, watches.crowded));
  const parts: readonly Component[] = [
    ...[...watches.parts, logLevel, plan, ...issuing.parts],
    ...[compiler, idleLeaves, xds, webhooks, pods, server],
  ];
  return { parts, watches, meshConfig, open, issuing, compiler, mesh, xds, pods };
}

/** The parts that run only while this replica leads. Each part is triggered by the topics beside it. */
function leader(context: ControlPlaneContext, replica: Replica): readonly Component[] {
  const { watches, meshConfig, open, issuing, compiler, mesh, xds, pods } = replica;
  const trust = anyOf(issuing.trust, issuing.identity);
  // The evidence of this replica and of all others → the evidence of the whole mesh.
  const evidence = createPeerEvidence(context, { watches, xds, trust: issuing.trust });
  // The pods, the evidence, the compiled mesh → the state of the pods of the mesh.
  const survey = new MeshSurvey({
    ledger: pods.ledger,
    evidence,
    wouldOffer: (uid) => compiler.wouldOffer(uid),
    diagnostics: () => mesh.value && [...mesh.value.diagnostics, ...watches.crowded()],
  });
  const events = createRecorder(context);
  // The candidate root of the plan → whether it can sign.
  const prober = createProber(context, { meshConfig, issuing }, open);
  // The gateway that the MeshConfig names → its Secret.
  const gateway = createGatewayController(context, { watches, meshConfig, issuing });
  // The trusted roots → the ConfigMap that sidecars start from, in each namespace of the mesh.
  const bootstraps = bootstrapPublisher(context, { watches, meshConfig, issuing });
  const report = { watches, meshConfig, issuing, prober, gateway, bootstraps, evidence };
  return [
    evidence,
    // → the statuses of policies, and their Events.
    onChangeOf([mesh, evidence, pods], createStatuses(context, { watches, mesh, survey, events })),
    // → Events on objects without a status.
    onChangeOf([mesh], createObjectEvents(context, watches, mesh)),
    { ...component('events', (signal) => events.run(signal)), leaderOnly: true },
    onChangeOf([trust], prober),
    onChangeOf([trust, meshConfig], gateway),
    onChangeOf([trust, bootstrapPlaces(watches)], bootstraps),
    // → three ConfigMaps for the operator: the trusted roots, the state of the pods, the progress of a switch.
    onChangeOf([trust], trustPublisher(context, issuing)),
    onChangeOf(
      [mesh, evidence, pods],
      meshPublisher(context, () => survey.report()),
    ),
    onChangeOf(
      [trust, meshConfig, evidence, prober, gateway, bootstraps],
      certificatePublisher(context, () => reportNow(report)),
    ),
  ];
}

/** The input for the place and content of bootstrap ConfigMaps, besides the roots. */
function bootstrapPlaces({ cluster, bootstraps }: Watches): Changing {
  const ownService = changesIn(cluster.Service, touchesOwnService);
  return anyOf(changesIn(cluster.Namespace), ownService, changesIn(bootstraps));
}
