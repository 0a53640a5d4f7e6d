import { certificatesConfigMap } from '../api/control-plane-names.ts';
import { reportKey } from '../api/certificate-report.ts';
import type { ConfigMap } from '../api/core.ts';
import { kinds } from '../api/kinds.ts';
import { parseReport } from '../api/parse-report.ts';
import type { MeshTrust } from '../certificates/plan/mesh-trust.ts';
import type { OpenIssuer } from '../certificates/plan/open-roots.ts';
import { systemClock as clock } from '../common/clock.ts';
import { askReplica } from '../xds/replicas/ask-client.ts';
import type { Ground } from './ground.ts';
import { homeOwners } from './home.ts';
import { serverNames } from './options.ts';
import { channelTo, followReplicas, replicaName } from './replicas.ts';
import { GatewayKeeper, type GatewayWish } from '../certificates/gateway/gateway-keeper.ts';
import type { GatewayFacts } from '../certificates/gateway/gateway-ledger.ts';
import { createIssuing, validityIn, type Issuing } from '../certificates/plan/issuing.ts';
import { openRoot } from '../certificates/plan/open-root.ts';
import { PeerLeaves } from '../certificates/sharing/peer-leaves.ts';
import { probeRoot } from '../certificates/plan/probe-root.ts';
import { Prober } from '../certificates/plan/prober.ts';
import { holdsRoot } from '../certificates/gateway/root-secrets.ts';

/** The parts of a replica that work with the roots of the mesh. */
export interface RootParts {
  readonly issuing: Issuing;
  /** These two work at the leader alone. */
  readonly prober: Prober;
  readonly gateway: GatewayKeeper;
}

/** Nothing runs yet. `onReport` is called when there is something new for the report. */
export function makeRootParts(ground: Ground, onReport: () => void): RootParts {
  const open = openRootOf(ground);
  const issuing = makeIssuing(ground, open);
  return {
    issuing,
    prober: makeProber(ground, { open, issuing, onReport }),
    gateway: makeGateway(ground, { issuing, onReport }),
  };
}

function openRootOf({ client, logger, options, sources }: Ground): OpenIssuer {
  const life = { clock, random: Math.random, log: logger.with({ part: 'certificates' }) };
  const { namespace, podName: pod, vaultAddresses = [] } = options;
  const records = sources.rootRecords;
  return openRoot({ client, namespace, pod, vaultAddresses, records, ...life });
}

function makeIssuing(ground: Ground, open: OpenIssuer): Issuing {
  const { logger, options, spec } = ground;
  const issuing: Issuing = createIssuing({
    open,
    peers: makePeers(ground, () => issuing.issuers.trust()),
    clock,
    random: Math.random,
    log: logger.with({ part: 'certificates' }),
    spec,
    namespace: options.namespace,
    serverNames: () => serverNames(options),
  });
  return issuing;
}

function makePeers(
  { logger, options, sources }: Ground,
  trust: () => MeshTrust | undefined,
): PeerLeaves {
  const log = logger.with({ part: 'peers' });
  return new PeerLeaves({
    own: replicaName(options),
    others: followReplicas(sources.cluster.Pod, options),
    ask: (ip, ask, signal) =>
      askReplica({ ...channelTo(ip, options, trust), logger: log }, ask, signal),
    clock,
    logger: log,
  });
}

interface Surroundings {
  readonly issuing: Issuing;
  readonly onReport: () => void;
}

function makeProber(
  { logger, options, spec }: Ground,
  { open, issuing, onReport }: Surroundings & { readonly open: OpenIssuer },
): Prober {
  const { namespace } = options;
  return new Prober({
    open,
    probe: (issuer, { root }, signal) =>
      probeRoot(issuer, { root, namespace, validityMs: validityIn(spec()), clock }, signal),
    candidate: () => issuing.issuers.plan?.candidate,
    onResult: onReport,
    clock,
    random: Math.random,
    logger: logger.with({ part: 'prober' }),
  });
}

function makeGateway(ground: Ground, { issuing, onReport }: Surroundings): GatewayKeeper {
  const { client, logger, options, sources } = ground;
  return new GatewayKeeper({
    client,
    home: options.namespace,
    clock,
    random: Math.random,
    logger: logger.with({ part: 'gateway' }),
    issuers: issuing.issuers,
    owners: () => homeOwners(ground),
    holdsRoot: (place) => holdsRoot(place, sources.rootRecords.objects.values()),
    wish: () => gatewayWish(ground),
    before: (signal) => reportedGateway(ground, signal),
    onReport,
  });
}

function gatewayWish({ spec, ending }: Ground): GatewayWish | undefined {
  if (ending()) return { gateway: undefined, ending: true };
  const wanted = spec();
  return wanted && { gateway: wanted.certificate?.ingressGateway, ending: false };
}

async function reportedGateway(
  { client, options }: Ground,
  signal: AbortSignal,
): Promise<GatewayFacts | undefined> {
  const ref = {
    kind: kinds.configMap,
    namespace: options.namespace,
    name: certificatesConfigMap,
  };
  const found = await client.get<ConfigMap>(ref, signal);
  return parseReport(found?.data?.[reportKey]);
}
