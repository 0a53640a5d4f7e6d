import { X509Certificate } from 'node:crypto';
import type { ConfigMap, KubernetesObject } from '../api/core.ts';
import { caBundleKey } from '../api/control-plane-names.ts';
import { type MeshReport, meshReportKey, parseMeshReport } from '../api/mesh-report.ts';
import { certificateBlocks, pemOf } from '../common/pem.ts';

interface DeploymentCondition {
  readonly type: string;
  readonly status: string;
  readonly reason?: string;
  readonly message?: string;
}

/** The fields of a Deployment that show its health. */
export interface DeploymentObject extends KubernetesObject {
  readonly spec?: { readonly replicas?: number };
  readonly status?: {
    readonly observedGeneration?: number;
    readonly replicas?: number;
    readonly updatedReplicas?: number;
    readonly availableReplicas?: number;
    readonly conditions?: readonly DeploymentCondition[];
  };
}

/** The trust bundle that the control plane published. */
export type Bundle =
  | { readonly kind: 'absent' }
  | { readonly kind: 'invalid'; readonly problem: string }
  /** `notAfter`: when the last of its roots ends, in milliseconds since the epoch. */
  | { readonly kind: 'valid'; readonly pem: string; readonly notAfter: number };

/** Reads the trust bundle's ConfigMap. Never throws. */
export function readBundle(configMap: ConfigMap | undefined): Bundle {
  const text = configMap?.data?.[caBundleKey];
  if (text === undefined) return { kind: 'absent' };
  const blocks = certificateBlocks(text);
  if (blocks.length === 0) return { kind: 'invalid', problem: 'it holds no certificate' };
  try {
    const ends = blocks.map((der) => new X509Certificate(der).validToDate.getTime());
    const pem = blocks.map((der) => pemOf('CERTIFICATE', der)).join('');
    return { kind: 'valid', pem, notAfter: Math.max(...ends) };
  } catch {
    return { kind: 'invalid', problem: 'it holds data that is not an X.509 certificate' };
  }
}

/** Reads the proxies' ConfigMap; undefined when there is none or it makes no sense. Never throws. */
export function readProxies(configMap: ConfigMap | undefined): MeshReport | undefined {
  return parseMeshReport(configMap?.data?.[meshReportKey]) ?? readCounts(configMap);
}

/** Reads the counts of an older control plane, which knows connected proxies only. */
function readCounts(configMap: ConfigMap | undefined): MeshReport | undefined {
  const count = (name: string): number | undefined => {
    const text = configMap?.data?.[name] ?? '';
    return /^\d{1,9}$/.test(text) ? Number(text) : undefined;
  };
  const [connected, synced, rejected] = [count('connected'), count('synced'), count('rejected')];
  if (connected === undefined || synced === undefined || rejected === undefined) return undefined;
  const rest = { expected: connected, starting: 0, leftOut: 0, findings: [] };
  return { connected, synced, rejected, ...rest };
}

/** Replicas wanted, those that serve, and whether all are of the newest declaration. */
export interface Rollout {
  readonly wanted: number;
  readonly available: number;
  readonly settled: boolean;
  /** Kubernetes' message when it gave up. */
  readonly stuck: string | undefined;
}

/** Reads the progress of a Deployment's rollout. */
export function readRollout({ metadata, spec, status = {} }: DeploymentObject): Rollout {
  const wanted = spec?.replicas ?? 1;
  const counts = [status.replicas, status.updatedReplicas, status.availableReplicas];
  const observed = isAtLeast(status.observedGeneration, metadata.generation);
  const failed = status.conditions?.find(isFailure);
  return {
    wanted,
    available: status.availableReplicas ?? 0,
    settled: observed && counts.every((count) => count === wanted),
    stuck: failed && (failed.message ?? failed.type),
  };
}

function isAtLeast(observed: number | undefined, generation: number | undefined): boolean {
  return observed !== undefined && observed >= (generation ?? 0);
}

function isFailure(condition: DeploymentCondition): boolean {
  const { type, status, reason } = condition;
  if (type === 'ReplicaFailure') return status === 'True';
  return type === 'Progressing' && status === 'False' && reason === 'ProgressDeadlineExceeded';
}
