import type { MeshTrust } from '../certificates/plan/mesh-trust.ts';
import type { Followed } from '../common/topic.ts';
import { askToClose } from '../xds/replicas/close-service.ts';
import { followEvidence } from '../xds/replicas/evidence-client.ts';
import type { ControlPlaneContext } from './context.ts';
import { PeerEvidence } from './peer-evidence.ts';
import { channelTo, isLeaving, otherReplicas } from './replicas.ts';
import type { Watches } from './watches.ts';
import type { Xds } from './xds.ts';

/** Joins the evidence of all replicas over the channels between them. */
export function createPeerEvidence(
  { clock, logger, options }: ControlPlaneContext,
  {
    watches,
    xds,
    trust,
  }: {
    readonly watches: Watches;
    readonly xds: Xds;
    readonly trust: Followed<MeshTrust | undefined>;
  },
): PeerEvidence {
  const pods = watches.cluster.Pod;
  const life = { clock, logger: logger.with({ part: 'peers' }) };
  const channel = (ip: string) => ({ ...channelTo(ip, options, () => trust.value), ...life });
  return new PeerEvidence({
    ...life,
    pods,
    others: () => otherReplicas(pods.objects, options),
    isLeaving: (name) => isLeaving(pods.objects, name),
    own: xds,
    follow: (ip, changed, signal) => followEvidence(channel(ip), changed, signal),
    closeOwn: (stream) => xds.closeOutdated(stream),
    closeAt: (ip, streams) => askToClose(channel(ip), streams),
  });
}
