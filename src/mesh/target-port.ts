// Input: a Service's port and a pod behind it. Output: the ports of the pod that it leads to.
import type { Pod, ServicePort } from '../api/core.ts';
import { onceFor } from '../common/once-for.ts';
import type { Behind } from './behind.ts';

/** Whether the mesh carries the port: TCP, which is also the default of a port without a protocol. */
export function isTcp(port: { readonly protocol?: string }): boolean {
  return (port.protocol ?? 'TCP') === 'TCP';
}

/** Undefined: the port is named, and no container of the pod has a port of that name. */
export function resolveTargetPort(pod: Pod, port: ServicePort): number | undefined {
  const target = port.targetPort ?? port.port;
  if (typeof target === 'number') return target === 0 ? port.port : target;
  return namedPorts(pod).get(target);
}

/**
 * The TCP ports of a pod by name; of several with one name the first counts. Computed once for a pod, since every port
 * of every Service may ask.
 */
const namedPorts = onceFor((pod: Pod): ReadonlyMap<string, number> => {
  const made = new Map<string, number>();
  for (const { ports = [] } of [...pod.spec.containers, ...(pod.spec.initContainers ?? [])])
    for (const port of ports)
      if (port.name !== undefined && isTcp(port) && !made.has(port.name))
        made.set(port.name, port.containerPort);
  return made;
});

/** All ports of a pod that one port of a Service leads to: by the Service, and by its slices. */
export function targetPorts(
  pod: Pod,
  port: ServicePort,
  { unselected, written }: Pick<Behind, 'unselected' | 'written'>,
): readonly number[] {
  const { name } = pod.metadata;
  const resolved = unselected.has(name) ? undefined : resolveTargetPort(pod, port);
  const others = (written.get(name) ?? []).filter((one) => one.port === port.port);
  return [
    ...(resolved === undefined ? [] : [resolved]),
    ...others.map(({ targetPort }) => targetPort),
  ];
}
