import type { Container, KubernetesObject, Pod } from '../api/core.ts';
import { sidecarName } from './names.ts';

/** The fields of a container that the injector reads beyond those of api/core.ts. */
export interface AdmittedContainer extends Container {
  readonly securityContext?: { readonly runAsUser?: number };
}

/** A pod as it comes to admission: its name may still be missing. */
export interface AdmittedPod extends Pod {
  readonly spec: Omit<Pod['spec'], 'containers' | 'initContainers'> & {
    readonly containers: readonly AdmittedContainer[];
    readonly initContainers?: readonly AdmittedContainer[];
    readonly os?: { readonly name?: string };
    readonly restartPolicy?: string;
    readonly securityContext?: { readonly runAsUser?: number };
  };
}

/** A container and where it stands in the pod, as a JSON pointer. */
export interface PlacedContainer {
  readonly container: AdmittedContainer;
  readonly pointer: string;
}

/** Whether that object is a pod whose lists are lists, as the API server sends it. */
export function isPod(object: KubernetesObject | undefined): object is AdmittedPod {
  if (object?.kind !== 'Pod' || !('spec' in object)) return false;
  const spec = object.spec;
  if (typeof spec !== 'object' || spec === null) return false;
  const { containers, initContainers, volumes } = spec as Record<string, unknown>;
  return Array.isArray(containers) && [initContainers, volumes].every(isListOrAbsent);
}

function isListOrAbsent(value: unknown): boolean {
  return value === undefined || value === null || Array.isArray(value);
}

/** The containers that run as long as the pod: its own, and init containers that are sidecars. */
function lastingContainers({ spec }: AdmittedPod): readonly PlacedContainer[] {
  const place = (list: string, containers: readonly AdmittedContainer[] = []): PlacedContainer[] =>
    containers.map((container, at) => ({ container, pointer: `/spec/${list}/${at}` }));
  return [
    ...place('containers', spec.containers),
    ...place('initContainers', spec.initContainers).filter(
      ({ container }) => container.restartPolicy === 'Always',
    ),
  ];
}

/** The same without Weft's sidecar, which is there already when the API server calls this webhook again. */
export function applicationContainers(pod: AdmittedPod): readonly PlacedContainer[] {
  return lastingContainers(pod).filter(
    ({ container, pointer }) =>
      container.name !== sidecarName || pointer.startsWith('/spec/containers/'),
  );
}

/** `<namespace>/<name>`, with a star for the part of the name that the API server still has to generate. */
export function podTitle({ metadata }: AdmittedPod, namespace: string): string {
  return `${namespace}/${metadata.name || `${metadata.generateName ?? ''}*`}`;
}
