import type { ContainerPort, Probe } from '../api/core.ts';
import {
  type DeclaredHeader,
  type OriginalProbe,
  isHeaderName,
  isHeaderValue,
} from '../api/probes.ts';
import { isSidecarPort } from '../common/sidecar-ports.ts';
import type { PatchOperation } from '../api/admission.ts';

/** Changes that redirect the kubelet's calls, probes and hooks, to the sidecar. */
export interface CallChanges {
  readonly operations: readonly PatchOperation[];
  /** The original calls, for the control plane. */
  readonly originals: readonly OriginalProbe[];
  /** Calls that cannot be redirected: sentences that name the remedy. */
  readonly warnings: readonly string[];
  /** Calls that must not be redirected: sentences that name the remedy. */
  readonly problems: readonly string[];
}

export const unchanged: CallChanges = { operations: [], originals: [], warnings: [], problems: [] };

/** Joins the changes of several calls. */
export function mergeChanges(changes: readonly CallChanges[]): CallChanges {
  return {
    operations: changes.flatMap(({ operations }) => operations),
    originals: changes.flatMap(({ originals }) => originals).map(withReadableTime),
    warnings: changes.flatMap(({ warnings }) => warnings),
    problems: changes.flatMap(({ problems }) => problems),
  };
}

/** The longest timeout in seconds that the control plane accepts in a noted call. */
export const longestSeconds = 2 ** 31 - 1;

/** Kubernetes reads 0 as 1, and a grace period, which bounds a preStop hook, may be longer than `longestSeconds`. */
function withReadableTime(original: OriginalProbe): OriginalProbe {
  const timeoutSeconds = Math.min(longestSeconds, Math.max(1, original.timeoutSeconds));
  return { ...original, timeoutSeconds };
}

/** The target of a call as the pod states it: a part of the noted original. */
export interface Target extends Pick<OriginalProbe, 'kind' | 'path' | 'service' | 'headers'> {
  readonly port: number | string;
}

/** The target of a call; undefined when the call does not use the network, or goes to another host than the pod. */
export function targetOf({ httpGet, tcpSocket, grpc }: Probe): Target | undefined {
  if (httpGet) return httpTarget(httpGet);
  const bare = { path: '', service: '', headers: [] };
  if (tcpSocket) return tcpSocket.host ? undefined : { ...bare, kind: 'tcp', port: tcpSocket.port };
  return grpc && { ...bare, kind: 'grpc', port: grpc.port, service: grpc.service ?? '' };
}

function httpTarget(httpGet: NonNullable<Probe['httpGet']>): Target | undefined {
  if (httpGet.host) return undefined;
  const kind = httpGet.scheme?.toUpperCase() === 'HTTPS' ? 'https' : 'http';
  const headers = httpGet.httpHeaders ?? [];
  return { kind, port: httpGet.port, path: httpGet.path || '/', service: '', headers };
}

/** Whether `number` is a valid port number. */
export function isPortNumber(number: number): boolean {
  return Number.isInteger(number) && number >= 1 && number <= 65_535;
}

/** Resolves a port as the kubelet does: the name of a port of the same container, or else digits. */
function resolvePort(
  port: number | string,
  declared: readonly ContainerPort[],
): number | undefined {
  if (typeof port === 'number') return port;
  const named = declared.find(({ name }) => name === port)?.containerPort;
  return named ?? (/^[1-9]\d{0,4}$/.test(port) ? Number(port) : undefined);
}

/**
 * The target as the control plane reads it, or why the call cannot be (warning) or must not be (problem) redirected.
 */
export function resolveTarget(
  who: string,
  target: Target,
  declared: readonly ContainerPort[],
):
  | { readonly target: Target & { readonly port: number } }
  | { warning: string }
  | { problem: string } {
  const port = resolvePort(target.port, declared);
  if (port === undefined) {
    const portText = JSON.stringify(target.port);
    const remedy = 'use a port number, or give a port of the container that name';
    return {
      warning: `${who} uses port ${portText}, which is not the name of a port of the container, so the kubelet cannot make that call; ${remedy}`,
    };
  }
  // A redirect would hide the wrong number from the API server, which names the field that is wrong.
  if (!isPortNumber(port))
    return {
      warning: `${who} uses port ${port}, which is not a port, so the API server refuses the pod; use 1 to 65535`,
    };
  if (isSidecarPort(port))
    return { problem: `${who} uses port ${port}, which the sidecar reserves; use another port` };
  const bad = target.headers.find((header) => !isSound(header));
  if (bad !== undefined)
    return {
      problem: `${who} has the header ${JSON.stringify(bad.name)}, which HTTP does not allow; correct it`,
    };
  const headers = target.headers.map(({ name, value }) => ({ name, value }));
  return { target: { ...target, port, headers } };
}

function isSound({ name, value }: DeclaredHeader): boolean {
  return isHeaderName(name) && isHeaderValue(value);
}

/** Whether an earlier call of this webhook, which noted the original, redirected this call already. */
export function wasRedirected(
  { httpGet }: Probe,
  led: { readonly path: string; readonly port: number },
): boolean {
  return (
    httpGet !== undefined && !httpGet.host && httpGet.path === led.path && httpGet.port === led.port
  );
}
