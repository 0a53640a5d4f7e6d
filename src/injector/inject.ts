import type { AdmissionAnswer, AdmissionRequest } from '../api/admission.ts';
import { notInjected } from '../api/labels.ts';
import { isPod, podTitle } from './admitted-pod.ts';
import { type InjectionInput, type InjectionDecision, decide } from './decide.ts';
import type { InjectorFacts } from './facts.ts';
import { annotate, composePatch } from './patch.ts';
import { reasons } from './reasons.ts';

export type InjectionOutcome = 'injected' | 'left-out' | 'refused';

/** The answer to a request, and what it means for the pod: whatever gets no sidecar and is not refused is left out. */
export interface InjectionAnswer {
  readonly outcome: InjectionOutcome;
  readonly answer: AdmissionAnswer;
}

/**
 * The function that gives new pods their sidecar: it depends on the request and the current facts alone, without side
 * effects, so a dry run gets the same answer (docs/decisions/0043). For a pod that was meant for the mesh and is left
 * out, a warning says why; a pod that would break in the mesh is refused.
 */
export function createInjector(
  facts: () => InjectorFacts,
): (request: AdmissionRequest) => InjectionAnswer {
  return ({ uid, kind, operation, namespace = '', object }) => {
    if (operation !== 'CREATE' || kind.kind !== 'Pod' || kind.group !== '')
      return leftOut({ allowed: true });
    if (!isPod(object)) return refused('Weft expected a pod with a list of containers.');
    const given = { pod: object, namespace, facts: facts(), lot: uid };
    return answer(given, decide(given));
  };
}

function answer(given: InjectionInput, decision: InjectionDecision): InjectionAnswer {
  switch (decision.kind) {
    case 'inject': {
      const injection = composePatch(given);
      if (!injection.ok) return refusal(given, injection.problems);
      const { patch, warnings } = injection;
      const shown = warnings.map(({ message }) => `weft: ${message}`);
      return { outcome: 'injected', answer: { allowed: true, patch, warnings: shown } };
    }
    case 'skip':
      return leftOut(skipped(given, decision));
    case 'refuse':
      return refusal(given, decision.problems);
  }
}

/** A controller that creates pods does not show warnings, so an annotation of the pod says it as well. */
function skipped(
  { pod, namespace }: InjectionInput,
  { reason, wantsInjection }: Extract<InjectionDecision, { kind: 'skip' }>,
): AdmissionAnswer {
  const { sentence, warnUser } = reasons[reason];
  if (!wantsInjection || !warnUser) return { allowed: true };
  const warnings = [`weft: no sidecar for ${podTitle(pod, namespace)}: ${sentence}`];
  if (reason === 'static-pod') return { allowed: true, warnings };
  return { allowed: true, warnings, patch: annotate(pod, { [notInjected]: sentence }) };
}

function refusal(
  { pod, namespace, facts }: InjectionInput,
  problems: readonly string[],
): InjectionAnswer {
  const who = `Pod ${podTitle(pod, namespace)} cannot join mesh ${facts.meshName}`;
  return refused(`${who}: ${problems.join('; ')}.`);
}

function leftOut(given: AdmissionAnswer): InjectionAnswer {
  return { outcome: 'left-out', answer: given };
}

function refused(message: string): InjectionAnswer {
  return { outcome: 'refused', answer: { allowed: false, message } };
}
