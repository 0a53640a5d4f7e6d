import type { AdmissionAnswer } from '../api/admission.ts';
import { injectedBy } from '../api/labels.ts';

export type InjectionOutcome = 'injected' | 'left-out' | 'refused';

/**
 * The outcome for a pod: a patch that adds the sidecar's label injects; other patches only say why there is no sidecar.
 */
export function injectionOutcome(answer: AdmissionAnswer): InjectionOutcome {
  if (!answer.allowed) return 'refused';
  const label = injectedBy.replace('/', '~1');
  const added = answer.patch?.some(
    ({ path, value }) =>
      path.includes(label) || (value !== undefined && JSON.stringify(value).includes(injectedBy)),
  );
  return added === true ? 'injected' : 'left-out';
}
