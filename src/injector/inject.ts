import type { AdmissionAnswer, AdmissionHandler } from '../api/admission.ts';
import { notInjected } from '../api/labels.ts';
import { isPod, podTitle } from './admitted-pod.ts';
import { type InjectionInput, type InjectionDecision, decide } from './decide.ts';
import type { InjectorFacts } from './facts.ts';
import { annotate, composePatch } from './patch.ts';
import { reasons } from './reasons.ts';

/**
 * The handler that gives new pods their sidecar: a function of the request and the current facts, without side effects,
 * so a dry run gets the same answer (docs/decisions/0043). For a pod that was meant for the mesh and is left out, a
 * warning says why; a pod that would break in the mesh is refused.
 */
export function createInjector(facts: () => InjectorFacts): AdmissionHandler {
  return ({ uid, kind, operation, namespace = '', object }) => {
    if (operation !== 'CREATE' || kind.kind !== 'Pod' || kind.group !== '')
      return { allowed: true };
    if (!isPod(object))
      return { allowed: false, message: 'Weft expected a pod with a list of containers.' };
    const given = { pod: object, namespace, facts: facts(), lot: uid };
    return answer(given, decide(given));
  };
}

function answer(given: InjectionInput, decision: InjectionDecision): AdmissionAnswer {
  switch (decision.kind) {
    case 'inject': {
      const injection = composePatch(given);
      if (!injection.ok) return refusal(given, injection.problems);
      const { patch, warnings } = injection;
      return { allowed: true, patch, warnings: warnings.map(({ message }) => `weft: ${message}`) };
    }
    case 'skip':
      return skipped(given, decision);
    case 'refuse':
      return refusal(given, decision.problems);
  }
}

/** A controller that creates pods does not show warnings, so an annotation of the pod says it as well. */
function skipped(
  { pod, namespace }: InjectionInput,
  { reason, wantsInjection: asked }: Extract<InjectionDecision, { kind: 'skip' }>,
): AdmissionAnswer {
  const { sentence, warnUser } = reasons[reason];
  if (!asked || !warnUser) return { allowed: true };
  const warnings = [`weft: no sidecar for ${podTitle(pod, namespace)}: ${sentence}`];
  if (reason === 'static-pod') return { allowed: true, warnings };
  return { allowed: true, warnings, patch: annotate(pod, { [notInjected]: sentence }) };
}

function refusal(
  { pod, namespace, facts }: InjectionInput,
  problems: readonly string[],
): AdmissionAnswer {
  const who = `Pod ${podTitle(pod, namespace)} cannot join mesh ${facts.meshName}`;
  return { allowed: false, message: `${who}: ${problems.join('; ')}.` };
}
