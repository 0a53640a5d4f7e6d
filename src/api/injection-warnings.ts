import { type Guard, has, isList, oneOf, parseGuarded } from '../common/guards.ts';

/** What the injector warns of; each is a diagnostic about the pod too (docs/errors.md). */
export interface InjectionWarning {
  readonly code: 'pod-call-not-led' | 'pod-metrics-not-announced';
  /** Names the part of the pod, the reason and the next step. */
  readonly message: string;
}

const maxWarnings = 20;
/** What an Event has room for, and nothing that a terminal would obey. */
const isSentence: Guard<string> = (value): value is string =>
  typeof value === 'string' && /^\P{C}{1,1000}$/u.test(value);
const isWarning = has<InjectionWarning>({
  code: oneOf('pod-call-not-led', 'pod-metrics-not-announced'),
  message: isSentence,
});

/**
 * Warnings as the injector wrote them into the pod's annotation. Whoever may change the pod may change
 * that, too: what the injector would not have written does not count.
 */
export function parseInjectionWarnings(text: string | undefined): readonly InjectionWarning[] {
  return (parseGuarded(text, isList) ?? []).filter(isWarning).slice(0, maxWarnings);
}
