import type { PatchOperation } from '../api/admission.ts';
import { injectedBy, originalProbes } from '../api/labels.ts';
import type { AdmittedPod } from './admitted-pod.ts';
import type { Case } from './decide.ts';
import { hookWarnings } from './hooks.ts';
import { initContainer, planInit } from './init-container.ts';
import { parseInterception } from './interception.ts';
import { scrapeAnnotations } from './metrics.ts';
import { delayStop, planPreStop } from './pre-stop.ts';
import { rewriteProbes } from './probes.ts';
import { planSidecar, sidecarContainer } from './sidecar.ts';
import { sidecarVolumes } from './volumes.ts';

/** The way into the mesh for one pod, or what must be put right first. */
export type Injection =
  | {
      readonly ok: true;
      readonly patch: readonly PatchOperation[];
      readonly warnings: readonly string[];
    }
  | { readonly ok: false; readonly problems: readonly string[] };

/**
 * Composes the patch of a pod that gets a sidecar. All that people wrote is read first; one problem
 * anywhere and there is no patch. Changes inside the pod's own containers come before the insertions,
 * so that their places still hold.
 */
export function composePatch(given: Case): Injection {
  const { pod, facts } = given;
  const problems: string[] = [];
  const interception = parseInterception(pod, facts, problems);
  const preStop = planPreStop(pod, problems);
  const stay = preStop.sidecarSeconds;
  const sidecar = planSidecar({ pod, namespace: given.namespace, stay }, facts, problems);
  const { resources } = sidecar;
  const init = planInit({ interception, resources }, facts, problems);
  const scrape = scrapeAnnotations(given, problems);
  if (problems.length > 0) return { ok: false, problems };

  const probes = rewriteProbes(pod);
  const annotations = {
    ...scrape.annotations,
    [originalProbes]: JSON.stringify(probes.originals),
  };
  return {
    ok: true,
    patch: [
      ...probes.operations,
      ...delayStop(pod, preStop.seconds),
      // In this order: the application's own init containers already call through the sidecar.
      ...insertFirst('/spec/initContainers', pod.spec.initContainers, [
        initContainer(init),
        sidecarContainer(sidecar),
      ]),
      ...append('/spec/volumes', pod.spec.volumes, sidecarVolumes()),
      ...annotate(pod, annotations),
      ...markInjected(pod, facts.meshName),
    ],
    warnings: [
      ...probes.warnings,
      ...hookWarnings(pod, interception.inboundPortExclusions),
      ...scrape.warnings,
    ],
  };
}

/** The label by which the control plane finds the pods of its mesh. */
export function markInjected({ metadata }: AdmittedPod, meshName: string): PatchOperation[] {
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
