import type { Frozen } from '../common/freeze.ts';
import { isSealedPort } from '../common/sidecar-ports.ts';
import { type ParsedEntry, entries } from './parse-list.ts';
import { type ResourceProblem, parseResources } from './resources.ts';

/** The fields of MeshConfig `spec.sidecar` that matter when a pod is made. */
export interface SidecarSettings {
  readonly enablePrivilegedInitContainer?: boolean;
  readonly logLevel?: string;
  readonly envoyImage?: string;
  readonly initContainerImage?: string;
  /** A Kubernetes ResourceRequirements. */
  readonly resources?: unknown;
  readonly localProxyMode?: string;
}

/** The fields of MeshConfig `spec.traffic` that matter when a pod is made. */
export interface TrafficSettings {
  readonly outboundIPRangeExclusionList?: readonly string[];
  readonly outboundIPRangeInclusionList?: readonly string[];
  readonly outboundPortExclusionList?: readonly number[];
  readonly inboundPortExclusionList?: readonly number[];
  readonly networkInterfaceExclusionList?: readonly string[];
}

/** A field below `spec` with which no pod could be created, and why. */
export interface FieldProblem {
  readonly field: string;
  readonly message: string;
}

const logLevels = ['trace', 'debug', 'info', 'warning', 'warn', 'error', 'critical', 'off'];
const modes = ['Localhost', 'PodIP'];

/**
 * What is wrong with the fields of a MeshConfig that shape new pods. The check of a MeshConfig and the injector both
 * ask this, so no accepted MeshConfig stops pods from starting later.
 */
export function problemsOfSidecars(
  sidecar: Frozen<SidecarSettings>,
  traffic: Frozen<TrafficSettings>,
): readonly FieldProblem[] {
  const resources: ResourceProblem[] = [];
  parseResources(sidecar.resources, resources);
  return [
    ...oneOf('sidecar.logLevel', sidecar.logLevel, logLevels),
    ...oneOf('sidecar.localProxyMode', sidecar.localProxyMode, modes),
    ...checkImage('sidecar.envoyImage', sidecar.envoyImage),
    ...checkImage('sidecar.initContainerImage', sidecar.initContainerImage),
    ...resources.map(({ place, message }) => ({ field: `sidecar.resources.${place}`, message })),
    ...problemsOfLists(traffic),
  ];
}

function problemsOfLists(traffic: Frozen<TrafficSettings>): readonly FieldProblem[] {
  const inbound = traffic.inboundPortExclusionList ?? [];
  return [
    ...checkList(traffic, 'outboundIPRangeExclusionList', entries.range),
    ...checkList(traffic, 'outboundIPRangeInclusionList', entries.range),
    ...checkList(traffic, 'outboundPortExclusionList', entries.port),
    ...checkList(traffic, 'inboundPortExclusionList', entries.port),
    ...checkList(traffic, 'networkInterfaceExclusionList', entries.interface),
    ...inbound.flatMap((port, index) =>
      isSealedPort(port)
        ? [
            {
              field: `traffic.inboundPortExclusionList[${index}]`,
              message: `port ${port} belongs to the sidecar and cannot be excluded from interception`,
            },
          ]
        : [],
    ),
    ...checkLength(traffic),
  ];
}

function checkList(
  traffic: Frozen<TrafficSettings>,
  list: keyof TrafficSettings,
  entry: ParsedEntry<unknown>,
): readonly FieldProblem[] {
  const written: readonly unknown[] = traffic[list] ?? [];
  return written.flatMap((one, index) =>
    entry.parse(one) === undefined
      ? [
          {
            field: `traffic.${list}[${index}]`,
            message: `${JSON.stringify(one)} is not ${entry.form}`,
          },
        ]
      : [],
  );
}

/**
 * A pod's rules are passed in environment variables of 128 KiB. Each entry takes its text plus `aroundEntry` characters
 * at most; the rest of a variable is for the pod's own lists.
 */
const longestRules = 100_000;
const aroundEntry = { range: 46, port: 7, interface: 74 } as const;

function checkLength(traffic: Frozen<TrafficSettings>): readonly FieldProblem[] {
  const cost = (list: keyof TrafficSettings, around: number): { field: string; size: number } => ({
    field: `traffic.${list}`,
    size: (traffic[list] ?? []).reduce((sum: number, one) => sum + String(one).length + around, 0),
  });
  const costs = [
    cost('outboundIPRangeExclusionList', aroundEntry.range),
    cost('outboundIPRangeInclusionList', aroundEntry.range),
    cost('outboundPortExclusionList', aroundEntry.port),
    cost('inboundPortExclusionList', aroundEntry.port),
    cost('networkInterfaceExclusionList', aroundEntry.interface),
  ].sort((a, b) => b.size - a.size);
  if (costs.reduce((sum, { size }) => sum + size, 0) <= longestRules) return [];
  const field = costs[0]?.field ?? 'traffic';
  return [
    {
      field,
      message: 'this list and the other lists together are too long; merge ranges or ports',
    },
  ];
}

function oneOf(
  field: string,
  written: string | undefined,
  words: readonly string[],
): readonly FieldProblem[] {
  if (written === undefined || written === '' || words.includes(written)) return [];
  return [{ field, message: `${JSON.stringify(written)} is not one of ${words.join(', ')}` }];
}

function checkImage(field: string, image: string | undefined): readonly FieldProblem[] {
  if (image === undefined || /^[\x21-\x7e]{0,4096}$/.test(image)) return [];
  return [
    {
      field,
      message: `${JSON.stringify(image)} is not an image: it contains blanks or other characters that no image name has`,
    },
  ];
}
