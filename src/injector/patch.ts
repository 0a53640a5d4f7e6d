import type { PatchOperation } from '../api/admission.ts';
import type { InjectionWarning } from '../api/injection-warnings.ts';
import { injectedBy, injectionWarnings, originalProbes } from '../api/labels.ts';
import { problemsOfSidecars } from '../api/sidecar-spec.ts';
import type { AdmittedPod } from './admitted-pod.ts';
import type { InjectionInput } from './decide.ts';
import {
  readEarlierCalls,
  readEarlierUser,
  renewContainers,
  renewVolumes,
  wasInjected,
} from './earlier-call.ts';
import { rewriteHooks } from './hooks.ts';
import { initContainer, planInit } from './init-container.ts';
import { parseInterception } from './interception.ts';
import { mergeChanges } from './kubelet-call.ts';
import { scrapeAnnotations } from './metrics.ts';
import { drawSidecarUser, hookKey, sidecarName } from './names.ts';
import { delayStop, planPreStop } from './pre-stop.ts';
import { rewriteProbes } from './probes.ts';
import { planSidecar, sidecarContainer } from './sidecar.ts';
import { sidecarVolumes } from './volumes.ts';

/** The patch that brings one pod into the mesh, or the problems that must be corrected first. */
export type Injection =
  | {
      readonly ok: true;
      readonly patch: readonly PatchOperation[];
      readonly warnings: readonly InjectionWarning[];
    }
  | { readonly ok: false; readonly problems: readonly string[] };

/**
 * Composes the patch of a pod that gets a sidecar (docs/decisions/0041). Reads all that people wrote first: with one
 * problem anywhere there is no patch. Changes inside the pod's own containers come before the insertions, so that their
 * JSON pointers still hold. When called again for a pod that it changed before, it adds what is new and restores what
 * differs from what it made.
 */
export function composePatch(given: InjectionInput): Injection {
  const { pod, facts, lot } = given;
  const problems = problemsOfSidecars(facts.sidecar, {}).map(
    ({ field, message }) => `MeshConfig spec.${field}: ${message}`,
  );
  const interception = parseInterception(pod, facts, problems);
  const preStop = planPreStop(pod, problems);
  const user = userOf(pod, lot);
  const stay = preStop.sidecarSeconds;
  const sidecar = planSidecar({ pod, namespace: given.namespace, stay, user }, facts);
  const { resources } = sidecar;
  const init = planInit({ interception, resources, user }, facts, problems);
  const scrape = scrapeAnnotations(given, problems);
  const earlier = readEarlierCalls(pod);
  const calls = mergeChanges([
    rewriteProbes(pod, earlier),
    rewriteHooks(pod, { key: hookKey(lot), earlier }),
  ]);
  problems.push(...calls.problems);
  if (problems.length > 0) return { ok: false, problems };

  const warnings = [
    ...calls.warnings.map((message) => ({ code: 'pod-call-not-led' as const, message })),
    ...scrape.warnings.map((message) => ({ code: 'pod-metrics-not-announced' as const, message })),
  ];
  const annotations = {
    ...scrape.annotations,
    [originalProbes]: JSON.stringify(calls.originals),
  };
  return {
    ok: true,
    patch: [
      ...calls.operations,
      ...delayStop(pod, preStop.seconds),
      // In this order: the application's own init containers already call through the sidecar.
      ...parts(pod, [initContainer(init), sidecarContainer(sidecar)]),
      ...annotate(pod, annotations),
      ...noteWarnings(pod, warnings),
      ...markInjected(pod, facts.meshName),
    ],
    warnings,
  };
}

/** The user that an earlier call chose, unless a container added later runs as that user; otherwise a new one. */
function userOf(pod: AdmittedPod, lot: string): number {
  const { securityContext, containers, initContainers = [] } = pod.spec;
  const taken = [
    securityContext?.runAsUser,
    ...[...containers, ...initContainers.filter(({ name }) => name !== sidecarName)].map(
      (container) => container.securityContext?.runAsUser,
    ),
  ];
  const before = readEarlierUser(pod);
  return before !== undefined && !taken.includes(before) ? before : drawSidecarUser(lot, taken);
}

function parts(pod: AdmittedPod, containers: readonly [object, object]): PatchOperation[] {
  const { initContainers, volumes } = pod.spec;
  if (!wasInjected(pod))
    return [
      ...insertFirst('/spec/initContainers', initContainers, containers),
      ...append('/spec/volumes', volumes, sidecarVolumes()),
    ];
  const renewed = renewContainers(pod, containers);
  const mounted = renewVolumes(pod, sidecarVolumes());
  return [
    ...renewed.removed,
    ...insertFirst('/spec/initContainers', initContainers, renewed.added),
    ...mounted.removed,
    ...append('/spec/volumes', volumes, mounted.added),
  ];
}

/** A controller that creates pods does not show warnings, so an annotation of the pod has them as well. */
function noteWarnings(
  pod: AdmittedPod,
  warnings: readonly InjectionWarning[],
): readonly PatchOperation[] {
  const path = `/metadata/annotations/${injectionWarnings.replace('/', '~1')}`;
  if (warnings.length > 0) return [{ op: 'add', path, value: JSON.stringify(warnings) }];
  const isThere = pod.metadata.annotations?.[injectionWarnings] !== undefined;
  return isThere ? [{ op: 'remove', path }] : [];
}

/** The label by which the control plane finds the pods of its mesh. */
function markInjected({ metadata }: AdmittedPod, meshName: string): PatchOperation[] {
  return setEntries('/metadata/labels', metadata.labels, { [injectedBy]: meshName });
}

/** Sets annotations and leaves all others. */
export function annotate(
  { metadata }: AdmittedPod,
  annotations: Readonly<Record<string, string>>,
): PatchOperation[] {
  return setEntries('/metadata/annotations', metadata.annotations, annotations);
}

function insertFirst(
  path: string,
  list: readonly unknown[] | null | undefined,
  items: readonly object[],
): PatchOperation[] {
  if (!list) return [{ op: 'add', path, value: items }];
  return items.map((value, at) => ({ op: 'add', path: `${path}/${at}`, value }));
}

function append(
  path: string,
  list: readonly unknown[] | null | undefined,
  items: readonly object[],
): PatchOperation[] {
  if (!list) return [{ op: 'add', path, value: items }];
  return items.map((value) => ({ op: 'add', path: `${path}/-`, value }));
}

function setEntries(
  path: string,
  map: Readonly<Record<string, string>> | null | undefined,
  entries: Readonly<Record<string, string>>,
): PatchOperation[] {
  if (!map) return [{ op: 'add', path, value: entries }];
  return Object.entries(entries).map(([key, value]) => ({
    op: 'add',
    path: `${path}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`,
    value,
  }));
}
