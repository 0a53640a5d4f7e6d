import type { Namespace } from '../api/core.ts';
import { ignore, monitoredBy, sidecarInjection, systemNamespaces } from '../api/labels.ts';
import type { AdmittedPod } from './admitted-pod.ts';
import { findConflicts } from './conflicts.ts';
import type { InjectorFacts } from './facts.ts';
import type { SkipReason } from './reasons.ts';
import { readLabelSwitch, type Switch, readSwitch } from '../api/switch-annotation.ts';

/** The verdict on a pod. `problems` are sentences without subject; each names value and remedy. */
export type InjectionDecision =
  | { readonly kind: 'inject' }
  | { readonly kind: 'skip'; readonly reason: SkipReason; readonly wantsInjection: boolean }
  | { readonly kind: 'refuse'; readonly problems: readonly string[] };

/** Input of one decision: the pod, its namespace, and the mesh configuration at that moment. */
export interface InjectionInput {
  readonly pod: AdmittedPod;
  readonly namespace: string;
  readonly facts: InjectorFacts;
  /** Unguessable and different for each request: the request's own id. */
  readonly lot: string;
}

/**
 * Decides whether a pod gets a sidecar: inject, skip with a reason, or refuse. OSM's rules, in this order: pods that
 * cannot have a sidecar; namespaces that are out; then the pod's annotation, which overrides the namespace's in both
 * directions. A label with the annotation's name has no effect, but the user gets a warning. A pod that is meant to
 * have a sidecar but would break with it is refused, not silently left out of the mesh (docs/decisions/0040).
 */
export function decide({ pod, namespace, facts }: Omit<InjectionInput, 'lot'>): InjectionDecision {
  const known = facts.namespace(namespace);
  const ofPod = readSwitch(sidecarInjection, pod);
  const ofNamespace = readSwitch(sidecarInjection, known);
  const unwanted = notWanted(ofPod, ofNamespace);
  const mistaken = meantByLabel(unwanted, pod, known);
  const wantsInjection = unwanted === undefined || mistaken !== undefined;
  const skip = (reason: SkipReason): InjectionDecision => ({
    kind: 'skip',
    reason,
    wantsInjection,
  });

  const out = unableToHaveOne(pod) ?? reservedNamespace(namespace, facts);
  if (out !== undefined) return skip(out);
  if (known === undefined) return refuse([`namespace ${namespace} is not known yet; try again`]);
  const reason = namespaceOut(known, facts.meshName) ?? mistaken ?? unwanted;
  if (typeof reason === 'object') return refuse([reason.problem]);
  if (reason !== undefined) return skip(reason);
  const problems = findConflicts(pod);
  return problems.length > 0 ? refuse(problems) : { kind: 'inject' };
}

function refuse(problems: readonly string[]): InjectionDecision {
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
  if (systemNamespaces.includes(namespace)) return 'system-namespace';
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

/** The reason for a pod that requests its sidecar by a label with the annotation's name. Annotations come first. */
function meantByLabel(
  unwanted: ReturnType<typeof notWanted>,
  pod: AdmittedPod,
  namespace: Namespace | undefined,
): SkipReason | undefined {
  if (unwanted !== 'not-enabled' && unwanted !== 'disabled-by-namespace') return undefined;
  const ofPod = readLabelSwitch(sidecarInjection, pod);
  if (ofPod !== undefined) return ofPod === 'on' ? 'label-of-pod' : undefined;
  const ofNamespace = readLabelSwitch(sidecarInjection, namespace);
  return unwanted === 'not-enabled' && ofNamespace === 'on' ? 'label-of-namespace' : undefined;
}
