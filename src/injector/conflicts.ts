import { isSidecarPort } from '../common/sidecar-ports.ts';
import { type AdmittedContainer, type AdmittedPod, applicationContainers } from './admitted-pod.ts';
import { wasInjected } from './earlier-call.ts';
import { bootstrapVolume, initName, sidecarName, tokenVolume } from './names.ts';

/**
 * What in a pod cannot stand beside a sidecar: names and TCP ports that the sidecar needs itself. Parts that an earlier
 * call of this webhook added are no conflict.
 */
export function findConflicts(pod: AdmittedPod): readonly string[] {
  return [...nameConflicts(pod), ...portConflicts(pod)];
}

function nameConflicts(pod: AdmittedPod): string[] {
  const { spec } = pod;
  const taken = (what: string, name: string): string =>
    `${what} ${name} has a name that Weft reserves; rename it`;
  const ours = wasInjected(pod);
  const containers = [...(ours ? [] : (spec.initContainers ?? [])), ...spec.containers];
  return [
    ...containers
      .filter(({ name }) => name === sidecarName || name === initName)
      .map(({ name }) => taken('container', name)),
    ...(ours ? [] : (spec.volumes ?? []))
      .filter(({ name }) => name === bootstrapVolume || name === tokenVolume)
      .map(({ name }) => taken('volume', name)),
  ];
}

/** A Service can lead to any named port, also one of an init container that has ended. */
function portConflicts(pod: AdmittedPod): string[] {
  const lasting = applicationContainers(pod).map(({ container }) => container);
  const ending = (pod.spec.initContainers ?? []).filter(
    (container) => container.name !== sidecarName && !lasting.includes(container),
  );
  const named = ({ name }: { readonly name?: string }): boolean => name !== undefined;
  return [
    ...lasting.flatMap((container) => portsOf(container, () => true)),
    ...ending.flatMap((container) => portsOf(container, named)),
  ];
}

function portsOf(
  { name, ports = [] }: AdmittedContainer,
  counts: (port: { readonly name?: string }) => boolean,
): string[] {
  return ports
    .filter(({ protocol = 'TCP' }) => protocol === 'TCP')
    .filter((port) => counts(port) && isSidecarPort(port.containerPort))
    .map(
      ({ containerPort }) =>
        `container ${name} declares port ${containerPort}, which the sidecar reserves; use another port`,
    );
}
