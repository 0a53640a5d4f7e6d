import type { Seen } from './look.ts';
import type { LivingPod } from './pod-life.ts';
import { isCertainlyWell } from './standing.ts';

type Streams = Seen['evidence']['streams'];

/**
 * Divides the pods inside the mesh. Most are certainly well, at any time: their proxy has a stream and the kubelet
 * reports nothing unusual. The others are looked at each time. Valid until pods or streams change.
 */
export class Quiet {
  readonly streams: Streams;
  readonly uids = new Set<string>();
  /** By name. */
  readonly others = new Map<string, LivingPod>();

  constructor(inside: ReadonlyMap<string, LivingPod>, streams: Streams) {
    this.streams = streams;
    for (const [name, pod] of inside) {
      const { uid = '' } = pod.metadata;
      if (isCertainlyWell(pod) && streams.has(uid)) this.uids.add(uid);
      else this.others.set(name, pod);
    }
  }

  /** Whether the division stays valid when this pod takes the place of the pod with uid `before`. */
  keeps(pod: LivingPod, before: string | undefined): boolean {
    const { uid } = pod.metadata;
    return uid !== undefined && uid === before && this.uids.has(uid) && isCertainlyWell(pod);
  }
}
