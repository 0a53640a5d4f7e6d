// Input: the Services of a namespace. Output: the same with the ports that the mesh serves, and what was left out.
// Rule: every port of a Service costs memory in each proxy that may call it, also in proxies of other namespaces, so
// the ports of one namespace are bounded. The oldest Services stay (docs/decisions/0114).
import type { Service, ServicePort } from '../api/core.ts';
import type { ByName } from '../cluster/snapshot.ts';
import type { Diagnostic } from '../policy/diagnostic.ts';
import { byAge } from '../cluster/by-age.ts';
import { refuse } from '../cluster/diagnose.ts';
import { isTcp } from './target-port.ts';

/** TCP ports of one Service. */
export const maxPortsOfService = 128;
/** TCP ports of all Services of a namespace. */
export const maxPortsOfNamespace = 1024;

export interface BoundedServices {
  readonly input: ByName<Service>;
  /** `input` itself while nothing is left out. */
  readonly services: ByName<Service>;
  readonly diagnostics: readonly Diagnostic[];
}

/** Costs the Services of the namespace, and nothing while they are the very same. */
export function boundPorts(input: ByName<Service>, before?: BoundedServices): BoundedServices {
  if (before?.input === input) return before;
  if (isWithin(input)) return { input, services: input, diagnostics: none };
  const services = new Map(input);
  const diagnostics: Diagnostic[] = [];
  let left = maxPortsOfNamespace;
  for (const service of [...input.values()].filter(hasPorts).sort(byAge)) {
    const { length } = tcpPorts(service);
    const most = Math.min(maxPortsOfService, left);
    left -= Math.min(length, most);
    if (length <= most) continue;
    services.set(service.metadata.name, withPorts(service, most));
    diagnostics.push(leftOut(service, most));
  }
  return { input, services, diagnostics };
}

const none: readonly Diagnostic[] = [];

function isWithin(services: ByName<Service>): boolean {
  let count = 0;
  for (const service of services.values()) {
    if (!hasPorts(service)) continue;
    const { length } = tcpPorts(service);
    count += length;
    if (length > maxPortsOfService || count > maxPortsOfNamespace) return false;
  }
  return true;
}

/** False for a Service of type ExternalName, from which the mesh makes nothing. */
export function hasPorts({ spec }: Service): boolean {
  return spec.type !== 'ExternalName';
}

export function tcpPorts({ spec }: Service): readonly ServicePort[] {
  return (spec.ports ?? []).filter(isTcp);
}

const cut = new WeakMap<Service, Service>();

/** The Service with its first `most` TCP ports; the very same object as the last time if the number is the same. */
export function withPorts(service: Service, most: number): Service {
  const kept = new Set(tcpPorts(service).slice(0, most));
  const known = cut.get(service);
  if (known !== undefined && tcpPorts(known).length === kept.size) return known;
  const ports = service.spec.ports?.filter((port) => kept.has(port) || !isTcp(port)) ?? [];
  const made = { ...service, spec: { ...service.spec, ports } };
  cut.set(service, made);
  return made;
}

function leftOut(service: Service, most: number): Diagnostic {
  const reason =
    most === maxPortsOfService
      ? `Weft serves at most ${String(maxPortsOfService)} TCP ports of one Service: move the others to other Services, or delete unused ports`
      : `Weft serves at most ${String(maxPortsOfNamespace)} TCP ports of all Services of one namespace, and older Services have priority: delete unused ports and Services, or move some to another namespace`;
  return refuse(
    service,
    'service-ports-limited',
    `Weft leaves out ports ${portsFrom(service, most)}, and calls to them are refused: ${reason}`,
  );
}

/** The numbers of the TCP ports that are left out: the first five, and how many more. */
export function portsFrom(service: Service, most: number): string {
  const ports = tcpPorts(service).slice(most);
  const numbers = ports.slice(0, 5).map(({ port }) => String(port));
  const more = ports.length > 5 ? ` and ${String(ports.length - 5)} more` : '';
  return `${numbers.join(', ')}${more}`;
}
