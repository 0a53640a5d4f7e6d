import { createIssuing, type Issuing } from '../certificates/plan/issuing.ts';
import type { MeshTrust } from '../certificates/plan/mesh-trust.ts';
import { openRoot } from '../certificates/plan/open-root.ts';
import type { OpenIssuer } from '../certificates/plan/open-roots.ts';
import type { PlanFollower } from '../certificates/plan/plan-follower.ts';
import { PeerLeaves } from '../certificates/sharing/peer-leaves.ts';
import { requestFromReplica } from '../xds/replicas/request-client.ts';
import type { ControlPlaneContext } from './context.ts';
import type { MeshConfigInForce } from './mesh-config-in-force.ts';
import { serverNames } from './options.ts';
import { channelTo, followReplicas, replicaName } from './replicas.ts';
import type { Watches } from './watches.ts';

/** Opens the issuers of the mesh's roots. */
export function openRootsOf(
  { client, clock, random, logger, options }: ControlPlaneContext,
  { rootRecords: records }: Watches,
): OpenIssuer {
  const { namespace, podName: pod, vaultAddresses = [] } = options;
  const log = logger.with({ part: 'certificates' });
  return openRoot({ client, namespace, pod, vaultAddresses, records, clock, random, log });
}

export interface ReplicaIssuingDeps {
  readonly watches: Watches;
  readonly meshConfig: MeshConfigInForce;
  readonly plan: PlanFollower;
  readonly open: OpenIssuer;
}

/** Where this replica's certificates come from. */
export function createReplicaIssuing(
  context: ControlPlaneContext,
  { watches, meshConfig, plan, open }: ReplicaIssuingDeps,
): Issuing {
  const { clock, random, logger, options } = context;
  return createIssuing({
    ...{ open, plan, clock, random },
    peers: (trust) => peerLeaves(context, watches, trust),
    log: logger.with({ part: 'certificates' }),
    spec: meshConfig,
    namespace: options.namespace,
    serverNames: () => serverNames(options),
  });
}

function peerLeaves(
  { clock, logger, options }: ControlPlaneContext,
  { cluster }: Watches,
  trust: () => MeshTrust | undefined,
): PeerLeaves {
  const log = logger.with({ part: 'peers' });
  return new PeerLeaves({
    own: replicaName(options),
    others: followReplicas(cluster.Pod, options),
    request: (ip, bytes, signal) =>
      requestFromReplica({ ...channelTo(ip, options, trust), logger: log }, bytes, signal),
    clock,
    logger: log,
  });
}
