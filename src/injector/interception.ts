import {
  inboundPortExclusion,
  outboundIpRangeExclusion,
  outboundIpRangeInclusion,
  outboundPortExclusion,
} from '../api/labels.ts';
import { isSealedPort } from '../common/sidecar-ports.ts';
import type { AdmittedPod } from './admitted-pod.ts';
import type { InjectorFacts } from './facts.ts';
import {
  type IpRange,
  type WrittenList,
  commaList,
  parseInterfaces,
  parsePorts,
  parseRanges,
} from '../api/parse-list.ts';

/** Which traffic of a pod goes through its sidecar: checked values, safe to stand in a rule. */
export interface Interception {
  readonly inboundPortExclusions: readonly number[];
  readonly outboundPortExclusions: readonly number[];
  readonly rangeExclusions: readonly IpRange[];
  /** If the list has ranges of either family, only traffic to them goes through the sidecar. */
  readonly rangeInclusions: readonly IpRange[];
  readonly interfaceExclusions: readonly string[];
  /** Whether the sidecar reaches the application by the pod's address instead of loopback. */
  readonly byPodIp: boolean;
}

/**
 * MeshConfig's lists and the pod's annotations, united. An entry of the wrong form becomes a sentence in `problems`
 * that names its place, its value and the expected form.
 */
export function parseInterception(
  pod: AdmittedPod,
  { traffic, sidecar }: InjectorFacts,
  problems: string[],
): Interception {
  const lists = (field: keyof typeof traffic, annotation: string): readonly WrittenList[] => [
    { where: `MeshConfig spec.traffic.${field}`, entries: traffic[field] ?? [] },
    {
      where: `annotation ${annotation}`,
      entries: commaList(pod.metadata.annotations?.[annotation] ?? ''),
    },
  ];
  const inbound = parsePorts(lists('inboundPortExclusionList', inboundPortExclusion), problems);
  for (const port of inbound.filter(isSealedPort))
    problems.push(`port ${port} belongs to the sidecar and cannot be excluded from interception`);
  const interfaces = traffic.networkInterfaceExclusionList ?? [];
  return {
    inboundPortExclusions: inbound,
    outboundPortExclusions: parsePorts(
      lists('outboundPortExclusionList', outboundPortExclusion),
      problems,
    ),
    rangeExclusions: parseRanges(
      lists('outboundIPRangeExclusionList', outboundIpRangeExclusion),
      problems,
    ),
    rangeInclusions: parseRanges(
      lists('outboundIPRangeInclusionList', outboundIpRangeInclusion),
      problems,
    ),
    interfaceExclusions: parseInterfaces(
      [{ where: 'MeshConfig spec.traffic.networkInterfaceExclusionList', entries: interfaces }],
      problems,
    ),
    byPodIp: sidecar.localProxyMode === 'PodIP',
  };
}
