// Input: one pod and its namespace. Output: whether the pod belongs to the mesh, and what to do when it should be
// inside and is not. Pure.
import type { KubernetesObject, Namespace } from '../api/core.ts';
import { injectedBy, notInjected, sidecarInjection } from '../api/labels.ts';
import { readSwitch } from '../api/switch-annotation.ts';
import { isMember, type MeshMembership } from '../cluster/mesh-membership.ts';
import { decide, type InjectionDecision } from '../injector/decide.ts';
import type { InjectorFacts } from '../injector/facts.ts';
import { reasons } from '../injector/reasons.ts';
import { isFinished } from '../mesh/pod-state.ts';
import { annotateNamespace, annotateTemplate, createAgain, optOutStatic } from './next-command.ts';
import type { LivingPod } from './pod-life.ts';

/**
 * How a pod belongs to the mesh, whatever its proxy does: `inside` has a sidecar, `bare` should have one, `left-out`
 * has none on purpose, `outside` does not concern the mesh.
 */
export type Belonging =
  { readonly kind: 'inside' | 'left-out' | 'outside' } | ({ readonly kind: 'bare' } & Bare);

/** Why a pod should be inside and is not, and the next command that brings it in. */
export interface Bare {
  readonly why: string;
  readonly next: string;
}

/** Pure. `namespace` is the pod's own; undefined while it is not known. */
export function belongingOf(
  pod: LivingPod,
  namespace: Namespace | undefined,
  membership: MeshMembership,
): Belonging {
  const { life, metadata } = pod;
  if (life.deleting || isFinished(pod)) return { kind: 'outside' };
  const labelled = metadata.labels?.[injectedBy] === membership.meshName;
  const member = isMember(namespace, membership);
  if (!member && !(labelled && life.sidecar !== undefined)) return { kind: 'outside' };
  const why = halfInside({ labelled, member, carries: life.sidecar !== undefined });
  if (why !== undefined) return { kind: 'bare', why, next: createAgain(pod) };
  return labelled ? { kind: 'inside' } : withoutSidecar(pod, namespace, membership);
}

interface Signs {
  readonly labelled: boolean;
  readonly member: boolean;
  /** Whether it has a sidecar. */
  readonly carries: boolean;
}

/** Why a pod that has some signs of the mesh is not in it; undefined when the signs agree. */
function halfInside({ labelled, member, carries }: Signs): string | undefined {
  if (labelled && !carries) return `it carries the label ${injectedBy} and has no sidecar`;
  if (carries && !labelled) return `it has a sidecar, but has lost the label ${injectedBy}`;
  return member ? undefined : 'it has a sidecar, but its namespace has left the mesh';
}

function withoutSidecar(
  pod: LivingPod,
  namespace: Namespace | undefined,
  membership: MeshMembership,
): Belonging {
  if (pod.status?.phase !== 'Running') return { kind: 'outside' };
  const decision = decide({
    pod: asAdmitted(pod),
    namespace: pod.metadata.namespace ?? '',
    facts: factsOf(namespace, membership),
  });
  const why = whyBare(decision);
  if (why === undefined) return { kind: 'left-out' };
  const next = nextFor(decision, pod, namespace);
  return { kind: 'bare', why: pod.life.annotations[notInjected] ?? why, next };
}

/** Why a pod should have a sidecar, or was meant to have one and cannot; undefined: it is left out on purpose. */
function whyBare(decision: InjectionDecision): string | undefined {
  if (decision.kind === 'refuse') return decision.problems.join('; ');
  if (decision.kind === 'inject')
    return 'it was created before injection was enabled in its namespace, or without the injector';
  const { sentence, warnUser } = reasons[decision.reason];
  return decision.wantsInjection && warnUser ? sentence : undefined;
}

/** The next step that brings a pod with that verdict into the mesh, or that marks it as left out. */
function nextFor(
  decision: InjectionDecision,
  pod: LivingPod,
  namespace: Namespace | undefined,
): string {
  if (decision.kind === 'inject') return createAgain(pod);
  if (decision.kind === 'refuse') return correctAnnotation(pod, namespace);
  if (decision.reason === 'label-of-pod') return annotateTemplate(pod, 'enabled');
  if (decision.reason === 'label-of-namespace') return annotateNamespace(pod);
  return decision.reason === 'static-pod' ? optOutStatic : annotateTemplate(pod, 'disabled');
}

/** The command that corrects the invalid annotation: the pod's, or else its namespace's. */
function correctAnnotation(pod: LivingPod, namespace: Namespace | undefined): string {
  const isInvalid = (of: KubernetesObject | undefined): boolean =>
    readSwitch(sidecarInjection, of).kind === 'invalid';
  if (isInvalid(asAdmitted(pod))) return annotateTemplate(pod, 'enabled');
  return isInvalid(namespace) ? annotateNamespace(pod) : createAgain(pod);
}

/** The pod as input for the injector's decision, as if it were created now; without its containers. */
function asAdmitted({
  apiVersion,
  kind,
  metadata,
  spec,
  life,
}: LivingPod): Parameters<typeof decide>[0]['pod'] {
  const mirror = life.mirror ? { 'kubernetes.io/config.mirror': '' } : {};
  return {
    apiVersion,
    kind,
    metadata: { ...metadata, annotations: { ...life.annotations, ...mirror } },
    spec: {
      containers: [],
      ...(spec.hostNetwork === undefined ? {} : { hostNetwork: spec.hostNetwork }),
      ...(life.windows ? { os: { name: 'windows' } } : {}),
    },
  };
}

function factsOf(
  namespace: Namespace | undefined,
  { meshName, controlPlaneNamespace }: MeshMembership,
): InjectorFacts {
  return {
    meshName,
    controlPlaneNamespace,
    images: { envoy: '', init: '' },
    sidecar: {},
    traffic: {},
    namespace: () => namespace,
  };
}
