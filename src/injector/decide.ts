import type { Namespace } from '../api/core.ts';
import { ignore, monitoredBy, sidecarInjection } from '../api/labels.ts';
import type { AdmittedPod } from './admitted-pod.ts';
import { conflicts } from './conflicts.ts';
import type { InjectorFacts } from './facts.ts';
import type { SkipReason } from './reasons.ts';
import { type Switch, readSwitch } from './switch-annotation.ts';
import { bootstrapVolume, sidecarName } from './names.ts';

/** The verdict on a pod. `problems` are sentences without subject; each names value and remedy. */
export type Decision =
  | { readonly kind: 'inject' }
  | { readonly kind: 'skip'; readonly reason: SkipReason; readonly asked: boolean }
  | { readonly kind: 'refuse'; readonly problems: readonly string[] };

/** Which pod in which namespace, before which facts. */
export interface Case {
  readonly pod: AdmittedPod;
  readonly namespace: string;
  readonly facts: InjectorFacts;
}

/**
 * Who gets a sidecar. Input: one pod and the facts; output: inject, skip with a reason, or refuse.
 * OSM's rules, in this order: what cannot have one; namespaces that are out; then the pod's annotation,
 * which overrides the namespace's in both directions. A pod that is meant to have one but would break
 * with it is refused, not silently left out of the mesh.
 */
export function decide({ pod, namespace, facts }: Case): Decision {
  const known = facts.namespace(namespace);
  const ofPod = readSwitch(sidecarInjection, pod);
  const ofNamespace = readSwitch(sidecarInjection, known);
  const asked = notWanted(ofPod, ofNamespace) === undefined;
  const skip = (reason: SkipReason): Decision => ({ kind: 'skip', reason, asked });

  const out = unableToHaveOne(pod) ?? reservedNamespace(namespace, facts);
  if (out !== undefined) return skip(out);
  if (known === undefined) return refuse([`namespace ${namespace} is not known yet; try again`]);
  const reason =
    namespaceOut(known, facts.meshName) ?? notWanted(ofPod, ofNamespace) ?? injectedBefore(pod);
  if (typeof reason === 'object') return refuse([reason.problem]);
  if (reason !== undefined) return skip(reason);
  const problems = conflicts(pod);
  return problems.length > 0 ? refuse(problems) : { kind: 'inject' };
}

function refuse(problems: readonly string[]): Decision {
  return { kind: 'refuse', problems };
}

function unableToHaveOne({ metadata, spec }: AdmittedPod): SkipReason | undefined {
  if (spec.hostNetwork === true) return 'host-network';
  if (spec.os?.name === 'windows' || spec.nodeSelector?.['kubernetes.io/os'] === 'windows')
    return 'windows';
  return metadata.annotations?.['kubernetes.io/config.mirror'] === undefined
    ? undefined
    : 'static-pod';
}

function reservedNamespace(namespace: string, facts: InjectorFacts): SkipReason | undefined {
  if (namespace === 'kube-system' || namespace === 'kube-public') return 'system-namespace';
  return namespace === facts.controlPlaneNamespace ? 'control-plane-namespace' : undefined;
}

function namespaceOut({ metadata }: Namespace, meshName: string): SkipReason | undefined {
  if (metadata.labels?.[ignore] !== undefined) return 'namespace-ignored';
  return metadata.labels?.[monitoredBy] === meshName ? undefined : 'namespace-not-in-mesh';
}

function notWanted(
  ofPod: Switch,
  ofNamespace: Switch,
): SkipReason | { readonly problem: string } | undefined {
  if (ofPod.kind === 'invalid') return ofPod;
  if (ofNamespace.kind === 'invalid') return ofNamespace;
  if (ofPod.kind === 'on') return undefined;
  if (ofPod.kind === 'off') return 'disabled-by-pod';
  if (ofNamespace.kind === 'on') return undefined;
  return ofNamespace.kind === 'off' ? 'disabled-by-namespace' : 'not-enabled';
}

/** Judged by what the pod consists of, for a label can be copied or lost. */
function injectedBefore({ spec }: AdmittedPod): SkipReason | undefined {
  const hasSidecar = (spec.initContainers ?? []).some(({ name }) => name === sidecarName);
  const hasBootstrap = (spec.volumes ?? []).some(({ name }) => name === bootstrapVolume);
  return hasSidecar && hasBootstrap ? 'already-injected' : undefined;
}
