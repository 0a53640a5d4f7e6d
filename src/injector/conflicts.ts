import { ports } from '../envoy/ports.ts';
import { type AdmittedPod, lastingContainers } from './admitted-pod.ts';
import { bootstrapVolume, initName, sidecarName, sidecarUser, tokenVolume } from './names.ts';

const sidecarPorts: readonly number[] = Object.values(ports);

/** What in a pod cannot stand beside a sidecar: names, TCP ports and the user id that it needs itself. */
export function conflicts(pod: AdmittedPod): readonly string[] {
  return [...nameConflicts(pod), ...portConflicts(pod), ...userConflicts(pod)];
}

function nameConflicts({ spec }: AdmittedPod): string[] {
  const taken = (what: string, name: string): string =>
    `${what} ${name} has a name that the mesh needs for its own; rename it`;
  const containers = [...(spec.initContainers ?? []), ...spec.containers];
  return [
    ...containers
      .filter(({ name }) => name === sidecarName || name === initName)
      .map(({ name }) => taken('container', name)),
    ...(spec.volumes ?? [])
      .filter(({ name }) => name === bootstrapVolume || name === tokenVolume)
      .map(({ name }) => taken('volume', name)),
  ];
}

function portConflicts(pod: AdmittedPod): string[] {
  return lastingContainers(pod).flatMap(({ container: { name, ports: declared = [] } }) =>
    declared
      .filter(({ protocol = 'TCP' }) => protocol === 'TCP')
      .filter(({ containerPort }) => sidecarPorts.includes(containerPort))
      .map(
        ({ containerPort }) =>
          `container ${name} declares port ${containerPort}, which the sidecar needs; use another`,
      ),
  );
}

function userConflicts({ spec }: AdmittedPod): string[] {
  return [...(spec.initContainers ?? []), ...spec.containers]
    .filter(
      ({ securityContext }) =>
        (securityContext?.runAsUser ?? spec.securityContext?.runAsUser) === sidecarUser,
    )
    .map(
      ({ name }) =>
        `container ${name} runs as user ${sidecarUser}, by which the sidecar's own traffic is known; use another`,
    );
}
