import type { PolicyReader } from '../../policy/policy-reader.ts';
import type { TCPRoute } from '../../api/gen/tcp-route.ts';
import type { Diagnostic } from '../../policy/diagnostic.ts';
import type { Origin } from '../../policy/origin.ts';
import { originOf, refuse } from '../../cluster/diagnose.ts';
import { fields, integer, list } from '../../common/shape.ts';

/** A TCPRoute that a TrafficTarget may reference. */
export interface ReadTcpRoute {
  readonly origin: Origin;
  /** `undefined` if the TCPRoute is malformed: a TrafficTarget that references it then allows nothing by it. */
  readonly ports: 'all' | readonly number[] | undefined;
  readonly diagnostics: readonly Diagnostic[];
}

const shape = fields({ 'matches?': fields({ 'ports?': list(integer(1, 65535)) }) });

/** Compiles a TCPRoute. No ports named means all ports, as SMI says. */
export function readTcpRoute(object: TCPRoute): ReadTcpRoute {
  const origin = originOf(object);
  const problem = shape(object.spec, 'spec');
  if (problem !== undefined) {
    return { origin, ports: undefined, diagnostics: [refuse(object, 'object-malformed', problem)] };
  }
  const ports = object.spec.matches?.ports ?? [];
  return { origin, ports: ports.length === 0 ? 'all' : ports, diagnostics: [] };
}

export const tcpRouteReader: PolicyReader<TCPRoute, ReadTcpRoute> = {
  read: readTcpRoute,
  refused: ['object-malformed'],
};
