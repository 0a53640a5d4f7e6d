// Input: a Service's ports and the pods behind it. Output: a warning for each two ports that lead to one port of a pod
// with different protocols: the sidecar beside the application can read that port in only one way
// (docs/decisions/0078).
import type { Service, ServicePort } from '../api/core.ts';
import type { Diagnostic } from '../policy/diagnostic.ts';
import { isHttp } from '../policy/service.ts';
import type { Behind } from './behind.ts';
import { warn } from '../cluster/diagnose.ts';
import { protocolOf } from './protocol.ts';
import { targetPorts } from './target-port.ts';

/** The numbers of a Service's ports that lead to one target, by their protocol. */
interface Readers {
  readonly http: Set<number>;
  readonly tcp: Set<number>;
}

export function protocolConflicts(
  object: Service,
  ports: readonly ServicePort[],
  behind: Behind,
): readonly Diagnostic[] {
  const [http, tcp] = [ports.filter(isHttpPort), ports.filter((port) => !isHttpPort(port))];
  if (http.length === 0 || tcp.length === 0) return [];
  const met = new Map([...byText(ports), ...byPod(ports, behind)]);
  const seen = new Set<string>();
  return [...met].flatMap(([target, readers]) =>
    [...readers.http].flatMap((one) =>
      [...readers.tcp].flatMap((other) => {
        const pair = `${one} ${other}`;
        if (seen.has(pair)) return [];
        seen.add(pair);
        return [conflict(object, { one, other, target })];
      }),
    ),
  );
}

/** Ports by target as the Service itself writes it, also while it has no pods. */
function byText(ports: readonly ServicePort[]): ReadonlyMap<string, Readers> {
  const targets = new Map<string, Readers>();
  for (const port of ports) note(targets, targetOf(port), port);
  return targets;
}

/** Ports by target as the pods resolve it: a number and a name may be one port, and so may two names. */
function byPod(ports: readonly ServicePort[], behind: Behind): ReadonlyMap<string, Readers> {
  const all = new Map<string, Readers>();
  for (const pod of behind.pods) {
    const targets = new Map<string, Readers>();
    for (const port of ports)
      for (const target of targetPorts(pod, port, behind)) note(targets, String(target), port);
    for (const [target, { http, tcp }] of targets) {
      if (http.size === 0 || tcp.size === 0) continue;
      const known = all.get(target) ?? { http: new Set(), tcp: new Set() };
      all.set(target, known);
      for (const port of http) known.http.add(port);
      for (const port of tcp) known.tcp.add(port);
    }
  }
  return all;
}

function note(targets: Map<string, Readers>, target: string, port: ServicePort): void {
  const readers = targets.get(target) ?? { http: new Set(), tcp: new Set() };
  targets.set(target, readers);
  readers[isHttpPort(port) ? 'http' : 'tcp'].add(port.port);
}

function isHttpPort(port: ServicePort): boolean {
  return isHttp(protocolOf(port));
}

function targetOf({ port, targetPort = port }: ServicePort): string {
  return String(targetPort === 0 ? port : targetPort);
}

function conflict(
  object: Service,
  { one, other, target }: { readonly one: number; readonly other: number; readonly target: string },
): Diagnostic {
  return warn(
    object,
    'service-protocol-conflict',
    `ports ${one} and ${other} lead to the same port of the pods, ${target}, as HTTP and as opaque TCP, so Weft reads both as HTTP; declare the same protocol for both ports, or give one of them another targetPort`,
  );
}
