import { podGone, replaced, shutdown } from './closings.ts';
import type { Clock } from '../../common/clock.ts';
import type { Logger } from '../../common/logger.ts';
import { pacedLogger } from '../../common/paced-logger.ts';
import type { IdentityKey } from '../../policy/identity.ts';
import { TableShares } from '../delta/recent-tables.ts';
import { RequestReader } from '../delta/request-reader.ts';
import { ResponseBytes } from '../delta/response-bytes.ts';
import { SharedQuarantine } from '../delta/quarantine.ts';
import { type AdsOptions, end } from './ads.ts';
import type { AnswerReplica } from '../replicas/request-service.ts';
import { ConnectionRotation } from './connection-rotation.ts';
import type { StreamName } from '../replicas/close-service.ts';
import { Connections } from './connections.ts';
import type { StandingOf } from '../evidence/evidence-of.ts';
import { EvidenceWatch } from '../evidence/evidence-watch.ts';
import type { Evidence } from '../evidence/evidence.ts';
import { FairTurns } from '../../common/fair-turns.ts';
import { defaultLimits, type Limits } from '../port/limits.ts';
import { listenToProxies, listenToReplicas, type Listening, type PortDeps } from './listen.ts';
import { noMetrics, type XdsMetrics } from '../port/metrics.ts';
import { Openings } from './openings.ts';
import { Penalties } from '../../common/penalties.ts';
import { Push, type SetOf } from './push.ts';
import type { Authenticate } from '../../policy/proxy.ts';
import type { CertificateSource } from '../../common/served-certificate.ts';
import type { RefusedHandshake } from '../port/refused-handshakes.ts';

export interface XdsServerOptions {
  readonly authenticate: Authenticate;
  readonly credentials: CertificateSource;
  /** The control plane's own ServiceAccount: other replicas may read this replica's evidence and send it requests. */
  readonly replicas: IdentityKey;
  /** Answers the requests of other replicas; without it they get no answer. */
  readonly answer?: AnswerReplica;
  /** How many proxies this replica may serve, read for each new proxy; 0: any number, the default. */
  readonly maxProxies?: () => number;
  /** Further statements for followers of this replica's evidence. Report a change by `touch`. */
  readonly facts?: () => string;
  /** The standing of the pod of a proxy that is behind. Report a change by `touch`. */
  readonly standingOf?: StandingOf;
  /** Called for each client that does not accept the server's certificate. */
  readonly onRefused?: (handshake: RefusedHandshake) => void;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics?: XdsMetrics;
  readonly limits?: Partial<Limits>;
}

export interface XdsServer {
  /** Serves proxies on `<host>:<port>` (port 0: any). Rejects with WeftError when it cannot. */
  listen(address: string, signal: AbortSignal): Promise<Listening>;
  /** Serves the other replicas of the control plane, on a separate port. */
  listenToReplicas(address: string, signal: AbortSignal): Promise<Listening>;
  /**
   * Offers each proxy what `setOf` returns, also proxies that connect later, until the next call. From then on the
   * evidence states `step`.
   */
  publish(setOf: SetOf, step?: number): void;
  /**
   * States which root the server's certificate has, and since which step. If the root differs from the one before,
   * every present connection is closed, a part at a time, once no connection can begin on the older certificate; the
   * evidence counts the clients that come back.
   */
  serverCertificateChanged(root: string, step: number): void;
  /** Closes the stream of a pod that is gone. */
  disconnect(uid: string): void;
  /** Closes a stream that a newer one of its pod at another replica has replaced, if it is still open here. */
  closeOutdated(stream: StreamName): void;
  evidence(): Evidence;
  /** The results of `facts` or `standingOf` have changed. */
  touch(): void;
  /** Calls back now and after changes (at most a few times a second) until the returned function is called. */
  onEvidence(changed: (evidence: Evidence) => void): () => void;
}

/** The xDS server: delta ADS on one TLS port, and the services for other replicas on another. */
export function createXdsServer(options: XdsServerOptions): XdsServer {
  const basics = basicsOf(options);
  const { metrics } = basics;
  const watch = new EvidenceWatch(options.facts, options.standingOf);
  const connections = new Connections(() => watch.touch());
  watch.attach(connections);
  const push = new Push(connections, metrics);
  const stopped = new AbortController();
  const channel = new ConnectionRotation(() => ads);
  const ads: AdsOptions = {
    ...basics,
    connections,
    push,
    signal: stopped.signal,
  };
  const { authenticate, replicas, answer, onRefused = (): void => undefined } = options;
  const close = (stream: StreamName): void => closeOutdated(stream, ads);
  const ports: PortDeps = { ...basics, credentials: options.credentials, channel };
  const stop = (): void => {
    channel.stop();
    stopped.abort();
    watch.stop();
    for (const connection of connections) end(connection, ads, shutdown);
  };
  return {
    listen: (address, signal) => listenToProxies(ports, { address, ads, onRefused, stop }, signal),
    listenToReplicas: (address, signal) =>
      listenToReplicas(ports, { address, authenticate, replicas, answer, watch, close }, signal),
    publish: (setOf, step) => {
      push.publish(setOf);
      if (step !== undefined) watch.published(step);
    },
    serverCertificateChanged: (root, step) => channel.serverCertificateChanged(root, step),
    disconnect: (uid) => {
      const connection = connections.byUid(uid);
      if (connection !== undefined) end(connection, ads, podGone);
    },
    closeOutdated: close,
    evidence: () => watch.current(),
    touch: () => watch.touch(),
    onEvidence: (changed) => watch.watch(changed),
  };
}

function closeOutdated({ uid, opened }: StreamName, ads: AdsOptions): void {
  const connection = ads.connections.byUid(uid);
  if (connection?.opened === opened) end(connection, ads, replaced);
}

/** What all streams share, from the options and their defaults. */
function basicsOf(options: XdsServerOptions): Omit<AdsOptions, 'connections' | 'push' | 'signal'> {
  const limits = { ...defaultLimits, ...options.limits };
  const metrics = options.metrics ?? noMetrics;
  return {
    authenticate: options.authenticate,
    bytes: new ResponseBytes(),
    requests: new RequestReader(limits.maxNames),
    suspects: new SharedQuarantine(),
    tables: new TableShares(),
    turns: new FairTurns(),
    penalties: new Penalties(limits.penaltyMs, () => options.clock.now()),
    openings: new Openings(limits.maxOpenings, limits.openingsMs, () => options.clock.now()),
    maxProxies: options.maxProxies ?? (() => 0),
    limits,
    clock: options.clock,
    logger: pacedLogger(options.logger, { leftOut: (count) => metrics.linesLeftOut(count) }),
    metrics,
  };
}
