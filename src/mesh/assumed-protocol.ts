import type { Service } from '../api/core.ts';
import type { ByName } from '../cluster/snapshot.ts';
import type { AccessRule } from '../policy/access.ts';
import type { Diagnostic } from '../policy/diagnostic.ts';
import type { IdentityKey } from '../policy/identity.ts';
import type { MeshService, ServiceKey } from '../policy/service.ts';
import { warn } from '../cluster/diagnose.ts';
import { isTlsByNumber } from './protocol.ts';
import { isTcp } from './target-port.ts';

type Rules = ReadonlyMap<IdentityKey, readonly AccessRule[]>;

/**
 * Warnings for ports that are opaque only by their number, where the rules for the pods allow only HTTP requests: such
 * rules open no opaque port, so no caller may call it. A port that works as it was read gets no warning.
 */
export function assumedProtocols(
  objects: ByName<Service>,
  services: ReadonlyMap<ServiceKey, MeshService>,
  rules: Rules,
): readonly Diagnostic[] {
  return [...services.values()].flatMap(({ name, accounts }) => {
    const object = objects.get(name);
    const ports = (object?.spec.ports ?? []).filter(isTcp).filter(isTlsByNumber);
    const target = ports.length === 0 ? undefined : firstOfHttpAlone(accounts, rules);
    if (object === undefined || target === undefined) return [];
    return ports.map(({ port }) => closedPort(object, port, target));
  });
}

/** A rule of an account whose rules all name HTTP requests. */
function firstOfHttpAlone(accounts: readonly IdentityKey[], rules: Rules): AccessRule | undefined {
  return accounts
    .map((account) => rules.get(account) ?? [])
    .find((own) => own.length > 0 && own.every(({ http }) => http !== 'all'))?.[0];
}

function closedPort(service: Service, port: number, { name }: AccessRule): Diagnostic {
  const message = `port ${port} declares no protocol (appProtocol or a name prefix), so Weft carries it as opaque TCP because of its number, but TrafficTarget ${name} allows HTTP requests only: outside permissive mode, calls to it are refused; set appProtocol: http if the port serves plaintext HTTP, or name a TCPRoute in the TrafficTarget if it serves TLS`;
  return warn(service, 'service-protocol-assumed', message);
}
