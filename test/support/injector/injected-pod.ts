import { expect } from '@jest/globals';
import { type Operation, applyPatch } from 'rfc6902';
import type { AdmissionAnswer } from '../../../src/api/admission.ts';
import type { AdmittedPod } from '../../../src/injector/admitted-pod.ts';
import type { InjectorFacts } from '../../../src/injector/facts.ts';
import { injectionHandler, makeFacts, makePodRequest } from './injection.ts';

/** The parts of an injected pod that tests look at. */
export interface Injected {
  readonly metadata: {
    readonly labels: Readonly<Record<string, string>>;
    readonly annotations: Readonly<Record<string, string>>;
  };
  readonly spec: {
    readonly containers: readonly Part[];
    readonly initContainers: readonly Part[];
    readonly volumes: readonly { readonly name: string }[];
  };
}

/** One of its containers. */
export interface Part {
  readonly name: string;
  readonly image?: string;
  readonly args?: readonly string[];
  readonly resources?: object;
  readonly lifecycle?: { readonly preStop?: object };
  readonly securityContext?: object;
}

/** What the injector answers when the pod is to be created. */
export const ask = (pod: AdmittedPod, facts: InjectorFacts = makeFacts()): AdmissionAnswer =>
  injectionHandler(() => facts)(makePodRequest(pod));

/** The pod after the patch of the answer; throws a refusal, and fails when the patch does not apply. */
export function patched(pod: AdmittedPod, answer: AdmissionAnswer): AdmittedPod {
  if (!answer.allowed) throw new Error(answer.message);
  const after = JSON.parse(JSON.stringify(pod)) as AdmittedPod;
  const outcome = applyPatch(after, (answer.patch ?? []) as unknown as Operation[]);
  expect(outcome.filter((error) => error !== null)).toEqual([]);
  return after;
}

/** The pod as it gets into the cluster. */
export function inject(pod: AdmittedPod, facts?: InjectorFacts): Injected {
  return patched(pod, ask(pod, facts)) as unknown as Injected;
}

/** Its second init container: the first one sets the rules. */
export const sidecarOf = ({ spec }: Injected): Part | undefined => spec.initContainers[1];

/** Why it was refused; empty when it was not. */
export const messageOf = (answer: AdmissionAnswer): string =>
  answer.allowed ? '' : answer.message;

/** None when it was refused. */
export const warningsOf = (answer: AdmissionAnswer): readonly string[] =>
  (answer.allowed ? answer.warnings : undefined) ?? [];
