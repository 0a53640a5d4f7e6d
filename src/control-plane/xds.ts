import { controlPlaneName } from '../api/control-plane-names.ts';
import { fetchPublishedKeys } from '../authentication/jwks.ts';
import { proxyTokens } from '../authentication/proxy-token.ts';
import type { Issuing } from '../certificates/plan/issuing.ts';
import { decodeLeafRequest, encodeAnswer } from '../certificates/sharing/shared-leaf-request.ts';
import { type Component, whileFollowing } from '../common/component.ts';
import { pacedLogger } from '../common/paced-logger.ts';
import { anyOf, firstValue, type Followed } from '../common/topic.ts';
import type { Change } from '../kubernetes/store.ts';
import type { LivingPod } from '../pods/pod-life.ts';
import { mayChangeStanding, switchStanding } from '../pods/switch-standing.ts';
import { identityKey } from '../policy/identity.ts';
import type { Authenticate } from '../policy/proxy.ts';
import type { Evidence } from '../xds/evidence/evidence.ts';
import type { XdsMetrics } from '../xds/port/metrics.ts';
import type { StreamName } from '../xds/replicas/close-service.ts';
import { createXdsServer, type XdsServer } from '../xds/server/xds-server.ts';
import { certificateSource } from './certificate-source.ts';
import type { Offer } from './compiler.ts';
import type { ControlPlaneContext } from './context.ts';
import type { MeshConfigInForce } from './mesh-config-in-force.ts';
import { OwnFacts } from './own-facts.ts';
import { changesIn, type Watches } from './watches.ts';

export interface XdsDeps {
  readonly watches: Watches;
  readonly meshConfig: MeshConfigInForce;
  readonly issuing: Issuing;
  readonly offers: Followed<Offer | undefined>;
  readonly metrics: XdsMetrics;
  /** The address to listen at. Default: every address of the machine. */
  readonly host?: string;
}

/**
 * Serves xDS once there is a certificate and a compiled mesh: no proxy may get half of its configuration. The value is
 * the evidence of this replica's proxies.
 */
export class Xds implements Component, Followed<Evidence> {
  readonly name = 'xds';
  readonly leaderOnly = false;
  readonly #context: ControlPlaneContext;
  readonly #deps: XdsDeps;
  readonly #facts: OwnFacts;
  readonly #server: XdsServer;
  #listens = false;

  constructor(context: ControlPlaneContext, deps: XdsDeps) {
    this.#context = context;
    this.#deps = deps;
    this.#facts = new OwnFacts(context, deps.issuing);
    this.#server = createServer(context, deps, this.#facts);
  }

  get value(): Evidence {
    return this.#server.evidence();
  }

  follow(changed: () => void): () => void {
    return this.#server.onEvidence(() => changed());
  }

  /** Closes a stream that a newer stream of its pod has replaced, if it is still open here. */
  closeOutdated(stream: StreamName): void {
    this.#server.closeOutdated(stream);
  }

  problem(): string | undefined {
    return this.#listens ? undefined : 'not listening yet';
  }

  run(signal: AbortSignal): Promise<void> {
    const { watches, meshConfig, issuing, offers } = this.#deps;
    const stopPods = watches.cluster.Pod.subscribe((changes) => this.#dropEndedPods(changes));
    const standing = changesIn(watches.cluster.Pod, (changes) => changes.some(mayChangeStanding));
    this.#publish();
    this.#serveRoot();
    return whileFollowing(
      [
        [offers, () => this.#publish()],
        [anyOf(issuing.trust, issuing.identity), () => this.#serveRoot()],
        [anyOf(standing, meshConfig, this.#facts), () => this.#server.touch()],
      ],
      () => this.#serve(signal).finally(stopPods),
    );
  }

  async #serve(signal: AbortSignal): Promise<void> {
    const { issuing, offers, host = '0.0.0.0' } = this.#deps;
    const { options, logger } = this.#context;
    await firstValue(issuing.identity, signal);
    await firstValue(offers, signal);
    const [proxies, replicas] = await Promise.all([
      this.#server.listen(`${host}:${options.ports.xds}`, signal),
      this.#server.listenToReplicas(`${host}:${options.ports.replicas}`, signal),
    ]);
    this.#listens = true;
    logger.info('xds server listens', { port: proxies.port, replicas: replicas.port });
    await Promise.all([proxies.closed, replicas.closed]);
  }

  #publish(): void {
    const offer = this.#deps.offers.value;
    if (offer !== undefined) this.#server.publish(offer.setOf, offer.step);
  }

  /** States the root of the server's certificate, once the plan's signer has signed it. */
  #serveRoot(): void {
    const { issuers, serverStep } = this.#deps.issuing;
    const [plan, step] = [issuers.plan, serverStep()];
    if (plan !== undefined && step !== undefined)
      this.#server.serverCertificateChanged(plan.serverSigner.name, step);
  }

  /** Closes the streams of pods that are deleted or finished. */
  #dropEndedPods(changes: readonly Change<LivingPod>[]): void {
    for (const change of changes) {
      const uid = change.before?.metadata.uid;
      if (uid !== undefined && hasEnded(change)) this.#server.disconnect(uid);
    }
  }
}

function hasEnded({ after }: Change<LivingPod>): boolean {
  const phase = after?.status?.phase;
  return after === undefined || phase === 'Succeeded' || phase === 'Failed';
}

function createServer(
  context: ControlPlaneContext,
  { watches, meshConfig, issuing, metrics }: XdsDeps,
  facts: OwnFacts,
): XdsServer {
  const { clock, options } = context;
  return createXdsServer({
    clock,
    logger: context.logger.with({ part: 'xds' }),
    metrics,
    replicas: identityKey({ namespace: options.namespace, serviceAccount: controlPlaneName }),
    facts: () => facts.encoded(),
    onRefused: (handshake) => facts.noteRefused(handshake),
    answer: async (ask, signal) =>
      encodeAnswer(await issuing.shared.answer(decodeLeafRequest(ask), signal)),
    authenticate: authenticate(context, watches, metrics),
    standingOf: (proxy) => switchStanding(proxy, watches.cluster.Pod, meshConfig.setAside),
    maxProxies: () => meshConfig.value?.sidecar?.maxDataPlaneConnections ?? 0,
    credentials: certificateSource(issuing.identity),
  });
}

function authenticate(
  { clock, client, logger }: ControlPlaneContext,
  { cluster, accounts }: Watches,
  metrics: XdsMetrics,
): Authenticate {
  const leftOut = (count: number): void => metrics.linesLeftOut(count);
  return proxyTokens({
    clock,
    logger: pacedLogger(logger.with({ part: 'xds' }), { leftOut }),
    fetchKeys: (signal) => fetchPublishedKeys((path, s) => client.read(path, s), signal),
    findPod: (namespace, name) => cluster.Pod.objects.get(`${namespace}/${name}`),
    findAccount: (namespace, name) => accounts.objects.get(`${namespace}/${name}`),
    cache: anyOf(changesIn(cluster.Pod), changesIn(accounts)),
  });
}
